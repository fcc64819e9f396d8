package matcher

import (
	"testing"

	"earshot/data"
	"earshot/matcher/request"
)

// A probe stands in for the requests of clients that ask the same: its own payload
// must be recognised as what it is.
func TestEmbeddedProbesAreRecognised(t *testing.T) {
	db, err := Load(Options{}, data.Probes)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		proto Proto
		name  string
		kind  request.Kind
	}{
		{request.TCP, "AFPStatus", "afp-status"},
		{request.TCP, "BGPOpen", "bgp-open"},
		{request.TCP, "DICOMAssociate", "dicom-associate"},
		{request.TCP, "DNP3LinkStatus", "dnp3-request"},
		{request.TCP, "DNSVersionTCP", "dns-version"},
		{request.TCP, "DRDAExcsat", "drda-excsat"},
		{request.TCP, "DiameterCER", "diameter-cer"},
		{request.TCP, "EIPIdentity", "enip-identity"},
		{request.TCP, "FoxHello", "fox-hello"},
		{request.TCP, "GESRTPInit", "gesrtp-init"},
		{request.TCP, "GIOPLocate", "giop-request"},
		{request.TCP, "HARTIPSessionTCP", "hartip-session"},
		{request.TCP, "HL7Query", "hl7-message"},
		{request.TCP, "IEC104Startdt", "iec104-startdt"},
		{request.TCP, "ISOConnect", "iso-connect"},
		{request.TCP, "KPasswdTCP", "kpasswd-request"},
		{request.TCP, "KerberosASTCP", "kerberos-as"},
		{request.TCP, "LDAPBind", "ldap-bind"},
		{request.TCP, "LDAPRootDSE", "ldap-search"},
		{request.TCP, "MELSECCPU", "melsec-request"},
		{request.TCP, "ModbusDeviceID", "modbus-id"},
		{request.TCP, "NetBIOSSession", "netbios-session"},
		{request.TCP, "OPCUAHello", "opcua-hello"},
		{request.TCP, "OpenVPNResetTCP", "openvpn-reset"},
		{request.TCP, "PPTPStart", "pptp-start"},
		{request.TCP, "RDPNegotiate", "rdp-neg"},
		{request.TCP, "RDPPlain", "rdp-plain"},
		{request.TCP, "RPCBind", "dcerpc-bind"},
		{request.TCP, "RPCDump", "rpc-100000"},
		{request.TCP, "RPCMountd", "rpc-100005"},
		{request.TCP, "RPCNFS", "rpc-100003"},
		{request.TCP, "RPCNLM", "rpc-100021"},
		{request.TCP, "RPCStatus", "rpc-100024"},
		{request.TCP, "S7ListModules", "s7-userdata"},
		{request.TCP, "SMB2Negotiate", "smb-negotiate2"},
		{request.TCP, "SMBNegotiate", "smb-negotiate1"},
		{request.TCP, "SQLPrelogin", "tds-prelogin"},
		{request.TCP, "STUNBindingTCP", "stun-binding"},
		{request.TCP, "TACACSStart", "tacacs-authen"},
		{request.TCP, "TLSHello", "tls-hello"},
		{request.TCP, "TNSVersion", "tns-command"},
		{request.UDP, "AFSVersion", "rx-version"},
		{request.UDP, "BACnetReadVendor", "bacnet-read"},
		{request.UDP, "CLDAPNetlogon", "ldap-search"},
		{request.UDP, "ChronyTracking", "chronyc-request"},
		{request.UDP, "CoAPCore", "coap-get"},
		{request.UDP, "DHCPInform", "dhcp-inform"},
		{request.UDP, "DHTPing", "dht-ping"},
		{request.UDP, "DNSVersion", "dns-version"},
		{request.UDP, "DTLSHello", "dtls-hello"},
		{request.UDP, "EIPIdentityUDP", "enip-identity"},
		{request.UDP, "FINSControllerRead", "fins-id"},
		{request.UDP, "GTPEcho", "gtp-echo"},
		{request.UDP, "HARTIPSession", "hartip-session"},
		{request.UDP, "IAX2Poke", "iax2-new"},
		{request.UDP, "IKEMain", "ike-main"},
		{request.UDP, "IKEv2Init", "ike-v2"},
		{request.UDP, "IPMIAuthCaps", "ipmi-auth"},
		{request.UDP, "KNXDescription", "knx-description"},
		{request.UDP, "KPasswd", "kpasswd-request"},
		{request.UDP, "KerberosAS", "kerberos-as"},
		{request.UDP, "L2TPStart", "l2tp-sccrq"},
		{request.UDP, "LLMNRAny", "llmnr-query"},
		{request.UDP, "MDNSServices", "mdns-services"},
		{request.UDP, "MGCPAudit", "mgcp-command"},
		{request.UDP, "MNDPQuery", "mndp-query"},
		{request.UDP, "MumblePing", "mumble-ping"},
		{request.UDP, "NATPMPAddress", "natpmp-address"},
		{request.UDP, "NTPClient", "ntp-client"},
		{request.UDP, "NTPControl", "ntp-control"},
		{request.UDP, "NetBIOSStatus", "nbns-status"},
		{request.UDP, "OpenVPNReset", "openvpn-reset"},
		{request.UDP, "PCPAnnounce", "pcp-request"},
		{request.UDP, "QUICVersions", "quic-initial"},
		{request.UDP, "Quake2Status", "quake2-status"},
		{request.UDP, "Quake3Status", "quake3-status"},
		{request.UDP, "RADIUSStatus", "radius-status"},
		{request.UDP, "RIPRequest", "rip-request"},
		{request.UDP, "RMCPPing", "rmcp-ping"},
		{request.UDP, "RPCDatagram", "dcerpc-request"},
		{request.UDP, "RPCDumpUDP", "rpc-100000"},
		{request.UDP, "RPCMountdUDP", "rpc-100005"},
		{request.UDP, "RPCNFSUDP", "rpc-100003"},
		{request.UDP, "RPCNLMUDP", "rpc-100021"},
		{request.UDP, "RPCStatusUDP", "rpc-100024"},
		{request.UDP, "RakNetPing", "raknet-ping"},
		{request.UDP, "SLPServiceTypes", "slp-request"},
		{request.UDP, "SNMPv1Get", "snmp-v1-get"},
		{request.UDP, "SNMPv2Get", "snmp-v2-next"},
		{request.UDP, "SNMPv3Discover", "snmp-v3-get"},
		{request.UDP, "SQLBrowser", "mssqlbrowser-list"},
		{request.UDP, "STUNBinding", "stun-binding"},
		{request.UDP, "SourceInfo", "source-info"},
		{request.UDP, "TFTPRead", "tftp-read"},
		{request.UDP, "TrackerConnect", "bittracker-connect"},
		{request.UDP, "UbiquitiDiscovery", "ubnt-discovery"},
		{request.UDP, "WSDiscovery", "wsd-probe"},
		{request.UDP, "WireGuardInit", "wireguard-init"},
		{request.UDP, "XDMCPQuery", "xdmcp-query"},
	} {
		p := db.Probe(c.proto, c.name)
		if p == nil {
			t.Errorf("there is no %s probe named %s", c.proto, c.name)
			continue
		}
		if k := request.Classify(c.proto, p.Payload); k != c.kind {
			t.Errorf("%s %s is recognised as %q, want %q", c.proto, c.name, k, c.kind)
		}
	}
}
