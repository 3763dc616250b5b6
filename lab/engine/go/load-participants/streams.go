package main

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// RTP's clocks, by the payload type that the SFU gives: everything that is not audio runs at 90 kHz.
const (
	audioClock = 48000
	videoClock = 90000
	reported   = 31 // of one RTCP packet
)

// What a participant receives, stream by stream. Headers of SRTP are in clear: nothing is decrypted to count.
type streams struct {
	mutex sync.Mutex
	of    map[uint32]*stream
}

// One stream: expected and lost packets since the last report, and jitter as RFC 3550 has it.
type stream struct {
	clock    float64
	known    bool // since before the last report
	started  bool
	highest  uint32 // extended sequence number
	base     uint32
	received uint32
	first    uint32
	total    uint32 // received since the first
	transit  float64
	jitter   float64 // of the clock
	bytes    int64
}

func newStreams() *streams { return &streams{of: map[uint32]*stream{}} }

func (s *streams) expect(ssrc uint32, clock float64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.of[ssrc] = &stream{clock: clock}
}

func (s *streams) take(packet []byte, now time.Time) {
	if len(packet) < 12 || packet[1]&0x7f >= 64 && packet[1]&0x7f < 96 { // RTCP (RFC 5761)
		return
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if one := s.of[binary.BigEndian.Uint32(packet[8:])]; one != nil {
		one.take(binary.BigEndian.Uint16(packet[2:]), binary.BigEndian.Uint32(packet[4:]), len(packet), now)
	}
}

func (one *stream) take(sequence uint16, timestamp uint32, size int, now time.Time) {
	one.bytes += int64(size)
	one.received++
	one.total++
	arrival := float64(now.UnixNano()) / 1e9 * one.clock
	transit := arrival - float64(timestamp)
	if !one.started {
		one.started, one.transit = true, transit
		one.highest, one.base, one.first = uint32(sequence), uint32(sequence), uint32(sequence)
		return
	}
	if ahead := sequence - uint16(one.highest); ahead < 1<<15 {
		one.highest += uint32(ahead)
	}
	moved := transit - one.transit
	one.transit = transit
	if moved < 0 {
		moved = -moved
	}
	one.jitter += (moved - one.jitter) / 16
}

// What was expected, lost and taken since the last time, bytes, each stream's jitter in milliseconds, and how many streams
// brought nothing at all.
func (s *streams) window() (expected, lost, bytes int64, jitter []float64, silent int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, one := range s.of {
		if one.known && one.received == 0 {
			silent++
		}
		one.known = true
		if !one.started {
			continue
		}
		due := int64(one.highest-one.base) + 1
		expected += due
		lost += max(0, due-int64(one.received))
		bytes += one.bytes
		jitter = append(jitter, one.jitter/one.clock*1000)
		one.base, one.received, one.bytes = one.highest+1, 0, 0
	}
	return expected, lost, bytes, jitter, silent
}

// An RTCP receiver report of what there is; nil when there is nothing.
func (s *streams) report() []byte {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var reports []rtcp.ReceptionReport
	for ssrc, one := range s.of {
		if one.started && len(reports) < reported {
			reports = append(reports, rtcp.ReceptionReport{
				SSRC: ssrc, LastSequenceNumber: one.highest, Jitter: uint32(one.jitter),
				TotalLost: max(one.highest-one.first+1, one.total) - one.total,
			})
		}
	}
	if reports == nil {
		return nil
	}
	text, err := (&rtcp.ReceiverReport{SSRC: 1, Reports: reports}).Marshal()
	if err != nil {
		return nil
	}
	return text
}
