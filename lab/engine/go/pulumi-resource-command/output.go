package main

import (
	"bytes"
	"strings"
)

const (
	tailLines = 25
	tailBytes = 4096
)

// output keeps what a command writes to one stream and passes it on line by line.
type output struct {
	say  func(string) // nil: not passed on
	kept bytes.Buffer
	line bytes.Buffer
}

func (o *output) Write(data []byte) (int, error) {
	o.kept.Write(data)
	if o.say == nil {
		return len(data), nil
	}
	o.line.Write(data)
	for {
		end := bytes.IndexByte(o.line.Bytes(), '\n')
		if end < 0 {
			return len(data), nil
		}
		o.say(strings.TrimRight(string(o.line.Next(end+1)), "\r\n"))
	}
}

// finish passes on a last line without an end.
func (o *output) finish() {
	if o.say != nil && o.line.Len() > 0 {
		o.say(o.line.String())
		o.line.Reset()
	}
}

// text is all that was written, without the last newline.
func (o *output) text() string {
	return strings.TrimSuffix(strings.ToValidUTF8(o.kept.String(), "\uFFFD"), "\n")
}

// tail is the end of it, for an error message.
func (o *output) tail() string {
	text := o.text()
	if len(text) > tailBytes {
		text = strings.ToValidUTF8(text[len(text)-tailBytes:], "")
	}
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
