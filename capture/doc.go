// Package capture turns frames into banners, hints and sightings.
//
//	source → decode → defrag → flow → stream / datagram → Sink
//
// It never sends a packet and knows no product.
package capture
