package main

import (
	"encoding/binary"
	"math/rand/v2"
	"time"
)

const (
	audioType  = 111
	videoType  = 101
	tick       = 20 * time.Millisecond // an Opus frame
	frameTicks = 2                     // 25 frames a second
	keyFrames  = 25                    // frames from one key frame to the next: who comes sees something within a second
	mtu        = 1150                  // bytes of video in a packet
	header     = 12
	descriptor = 4 // bytes before a packet's part of the frame
)

type track struct {
	kind, source, mime string
	payloadType        uint8
	clock, channels    int
	ssrc               uint32
	sequence           uint16
	timestamp          uint32
}

// Made-up audio and video of one participant, of the sizes and at the pace of real ones.
type source struct {
	options      Options
	audio, video *track
	pictures     uint16
}

func newSource(options Options) *source {
	made := &source{options: options}
	if options.Audio > 0 {
		made.audio = &track{"audio", "mic", "audio/opus", audioType, audioClock, 2, rand.Uint32(), 0, 0}
	}
	if options.Video > 0 {
		made.video = &track{"video", "webcam", "video/VP8", videoType, videoClock, 0, rand.Uint32(), 0, 0}
	}
	return made
}

func (s *source) tracks() []*track {
	var found []*track
	for _, one := range []*track{s.audio, s.video} {
		if one != nil {
			found = append(found, one)
		}
	}
	return found
}

func (t *track) parameters() map[string]any {
	codec := map[string]any{"mimeType": t.mime, "payloadType": t.payloadType, "clockRate": t.clock}
	if t.channels > 0 {
		codec["channels"] = t.channels
	}
	return map[string]any{
		"codecs": []any{codec}, "encodings": []any{map[string]any{"ssrc": t.ssrc}},
		"rtcp": map[string]string{"cname": "load"},
	}
}

// Sends until the transport is closed.
func (s *source) play(to *transport) {
	time.Sleep(rand.N(tick * frameTicks)) // people do not speak in step
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	packet, sealed := make([]byte, header+mtu), make([]byte, 0, longest)
	sound := s.options.Audio * 1000 / 8 * int(tick/time.Millisecond) / 1000
	picture := s.options.Video * 1000 / 8 * frameTicks * int(tick/time.Millisecond) / 1000
	for count := 0; ; count++ {
		select {
		case <-to.left:
			return
		case <-ticker.C:
		}
		if s.audio != nil {
			sealed = to.write(sealed, s.audio.packet(packet, sound, false))
			s.audio.timestamp += audioClock / 50
		}
		if s.video != nil && count%frameTicks == 0 {
			sealed = s.frame(to, packet, sealed, picture, count/frameTicks%keyFrames == 0)
		}
	}
}

// One VP8 frame. The payload descriptor, with the picture's number as browsers send it, says where a frame starts; the first
// bit of what follows there, that it is no key frame (RFC 7741).
func (s *source) frame(to *transport, packet, sealed []byte, size int, key bool) []byte {
	for first := true; size > 0 || first; first = false {
		part := min(size, mtu-descriptor)
		whole := s.video.packet(packet, part+descriptor, part == size)
		copy(whole[header:], []byte{0x80, 0x80, 0x80 | byte(s.pictures>>8)&0x7f, byte(s.pictures), 1})
		if first {
			whole[header] |= 0x10
			if key {
				whole[header+descriptor] = 0
			}
		}
		sealed = to.write(sealed, whole)
		size -= part
	}
	s.video.timestamp += videoClock / 25
	s.pictures++
	return sealed
}

func (t *track) packet(into []byte, size int, marker bool) []byte {
	into = into[:header+max(size, descriptor+1)]
	into[0], into[1] = 0x80, t.payloadType
	if marker {
		into[1] |= 0x80
	}
	binary.BigEndian.PutUint16(into[2:], t.sequence)
	binary.BigEndian.PutUint32(into[4:], t.timestamp)
	binary.BigEndian.PutUint32(into[8:], t.ssrc)
	t.sequence++
	return into
}
