package request

// dicom recognises the association of DICOM (PS3.8 §9.3).
func dicom(b []byte) (Kind, Side) {
	if at(b, 1) != 0 || len(b) < 10 {
		return "", Unknown
	}
	n := be32(b, 2)
	switch b[0] {
	case 1:
		if n >= 68 && n < 1<<17 && be16(b, 6) == 1 && be16(b, 8) == 0 && len(b) >= 74 && printable(b[10:42]) {
			return "dicom-associate", Originator
		}
	case 2:
		if n >= 68 && n < 1<<17 && be16(b, 6) == 1 && be16(b, 8) == 0 && len(b) >= 74 {
			return "dicom-answer", Responder
		}
	case 3:
		if n == 4 && len(b) == 10 && at(b, 7) <= 2 {
			return "dicom-answer", Responder
		}
	}
	return "", Unknown
}

// hl7 recognises HL7 version 2 in its minimal envelope (MLLP).
func hl7(b []byte) (Kind, Side) {
	if !has(b, 0, "\x0bMSH|") {
		return "", Unknown
	}
	if within(b, 1024, "\rMSA|") {
		return "hl7-answer", Responder
	}
	return "hl7-message", Originator
}
