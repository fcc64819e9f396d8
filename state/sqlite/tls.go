package sqlite

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unicode/utf8"
)

// Facts of a handshake are stored as a JSON object of the fields that are not empty, by
// their names in capture.TLS or capture.SSH. Strings that are not UTF-8 are written as "base64:…"; so
// are those that begin with that word, so that each string is read back as it was.

const base64Mark = "base64:"

func packString(s string) string {
	if utf8.ValidString(s) && !strings.HasPrefix(s, base64Mark) {
		return s
	}
	return base64Mark + base64.StdEncoding.EncodeToString([]byte(s))
}

func unpackString(s string) string {
	if t, ok := strings.CutPrefix(s, base64Mark); ok {
		if b, err := base64.StdEncoding.DecodeString(t); err == nil {
			return string(b)
		}
	}
	return s
}

// mapStrings applies f to every string of a value: a field, or an element of a list.
func mapStrings(v reflect.Value, f func(string) string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(f(v.String()))
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.String {
			return
		}
		for i := range v.Len() {
			mapStrings(v.Index(i), f)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				mapStrings(v.Field(i), f)
			}
		}
	}
}

// encodeFacts encodes a *capture.TLS or *capture.SSH.
func encodeFacts(t any) (string, error) {
	from := reflect.ValueOf(t).Elem()
	v := reflect.New(from.Type()).Elem()
	v.Set(from)
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Field(i)
		if f.IsZero() {
			continue
		}
		if f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.String { // the list is the claim's own
			l := reflect.MakeSlice(f.Type(), f.Len(), f.Len())
			reflect.Copy(l, f)
			f.Set(l)
		}
		if at, ok := f.Interface().(time.Time); ok {
			f.Set(reflect.ValueOf(at.UTC()))
		}
		mapStrings(f, packString)
		out[v.Type().Field(i).Name] = f.Interface()
	}
	b, err := json.Marshal(out)
	return string(b), err
}

// decodeFacts decodes what encodeFacts wrote.
func decodeFacts(s string, to any) error {
	if err := json.Unmarshal([]byte(s), to); err != nil {
		return err
	}
	mapStrings(reflect.ValueOf(to).Elem(), unpackString)
	return nil
}
