// The command plugin: runs commands here (command:local:Command) and over SSH (command:remote:Command).
//
// It answers to the released SDK and behaves as its documentation says, for what this program uses; a setting it does
// not know is refused, never passed over.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const name = "command"

// version is set by the linker: the release of the SDK that this plugin answers to.
var version = "0.0.0"

func main() {
	serve := func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return plugin.NewProviderServer(newCommandProvider(host)), nil
	}
	if err := provider.Main(name, serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
