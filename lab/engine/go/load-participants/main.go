// Synthetic participants of a meeting server: real signalling, real ICE, DTLS and SRTP, made-up audio and video.
//
// It reads a command a line on standard input and answers with a line of JSON; when the input ends everybody leaves.
//
//	{"join": [{"room": "r1", "peer": "p1"}]}    they come, one after the other; answered at once
//	{"report": true}                            what happened since the last report
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"
)

type command struct {
	Join   []place `json:"join"`
	Report bool    `json:"report"`
}

type place struct {
	Room string `json:"room"`
	Peer string `json:"peer"`
}

func main() {
	var options Options
	var media string
	flag.StringVar(&options.URL, "url", "", "the service, as a browser shows it")
	flag.StringVar(&options.Address, "address", "", "where to connect to: an address, or more with commas between")
	flag.StringVar(&options.Authority, "cacert", "", "trust anchors (PEM); else the system's")
	flag.StringVar(&media, "media", "", "the addresses that media may go to, with commas between")
	flag.IntVar(&options.Audio, "audio", 40, "kbit/s of each one's audio; 0: none")
	flag.IntVar(&options.Video, "video", 500, "kbit/s of each one's video; 0: none")
	flag.IntVar(&options.LastN, "last-n", 4, "how many videos each one takes")
	pace := flag.Duration("pace", 100*time.Millisecond, "between two arrivals")
	flag.Parse()
	if err := run(options, media, *pace); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(options Options, media string, pace time.Duration) error {
	for _, text := range strings.Split(media, ",") {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return fmt.Errorf("-media %s: %w", media, err)
		}
		options.Media = append(options.Media, address)
	}
	crowd, err := NewCrowd(options)
	if err != nil {
		return err
	}
	defer crowd.Leave()
	arrivals := make(chan place, 100_000)
	go func() {
		for one := range arrivals {
			crowd.Join(one)
			time.Sleep(pace)
		}
	}()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked command
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return err
		}
		for _, one := range asked.Join {
			arrivals <- one
		}
		if asked.Report {
			if err := answers.Encode(crowd.Report()); err != nil {
				return err
			}
		}
	}
	return lines.Err()
}
