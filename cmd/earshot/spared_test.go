package main

import (
	"net"
	"strings"
	"testing"
)

// What is only listened to is told with the reason, and how it is asked after all.
func TestProbeSpared(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.2:9107")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	go manner(func(c net.Conn) {
		if n, _ := c.Read(make([]byte, 100)); n > 0 {
			_, _ = c.Write([]byte("HTTP/1.0 200 OK\r\nServer: nginx/1.25.9\r\n\r\n"))
		}
	}).serve(l)
	const why = "not asked: a printer would print it"
	r := earshot(t, "", "probe", "-n", "-p", "T:9107,U:47808", "127.0.0.2").want(t, 0)
	if !strings.Contains(r.out, why) || strings.Contains(r.out, "nginx") {
		t.Errorf("table:\n%s", r.out)
	}
	for _, want := range []string{"127.0.0.2:9107/tcp (a printer would print it): open, and only listened to; --allports asks what it is\n", "UDP 47808: left alone, "} {
		if !strings.Contains(r.errs, want) {
			t.Errorf("it does not say %q:\n%s", want, r.errs)
		}
	}
	r = earshot(t, "", "probe", "-q", "-n", "-p", "9107", "-oG", "-", "127.0.0.2").want(t, 0)
	if r.errs != "" || !strings.Contains(r.out, "//"+why+"/") {
		t.Errorf("%+v", r)
	}
	r = earshot(t, "", "probe", "-n", "-p", "9107", "-oX", "-", "127.0.0.2").want(t, 0)
	if !strings.Contains(r.out, `<elem key="not asked">a printer would print it</elem>`) {
		t.Errorf("XML:\n%s", r.out)
	}
	r = earshot(t, "", "probe", "-n", "--allports", "-p", "9107", "127.0.0.2").want(t, 0)
	if strings.Contains(r.out, why) || strings.Contains(r.errs, "--allports") || !strings.Contains(r.out, "nginx 1.25.9") {
		t.Errorf("%+v", r)
	}
	if s := few([]string{"1", "2", "3", "4", "5", "6"}); s != "1, 2, 3, 4 and 2 more" {
		t.Error(s)
	}
}
