// The OpenStack plugin: the Terraform provider behind Pulumi's bridge, mapping what this program uses.
//
// Types, functions and property names are those of the released plugin, so that a state passes from one to the other
// unchanged; a test compares every name with the Python SDK's.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
)

const name = "openstack"

// version is set by the linker: the release of the SDK that this plugin answers to.
var version = "0.0.0"

func main() {
	info := providerInfo()
	if len(os.Args) == 2 && os.Args[1] == "-names" {
		if err := json.NewEncoder(os.Stdout).Encode(names(info)); err != nil {
			log.Fatal(err)
		}
		return
	}
	// The engine asks the schema for no more than this; code generation is what needs the rest.
	schema, err := json.Marshal(map[string]string{"name": name, "version": version})
	if err != nil {
		log.Fatal(err)
	}
	tfbridge.Main(name, version, info, schema)
}

func providerInfo() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:                       shimv2.NewProvider(openstack.Provider()),
		Name:                    name,
		Version:                 version,
		GitHubOrg:               "terraform-provider-openstack",
		TFProviderModuleVersion: "v3",
		Config:                  config,
		Resources:               resources,
		DataSources:             functions,
	}
	info.IgnoreMappings = unmapped(info)
	info.SetAutonaming(255, "-")
	return info
}

// unmapped lists what the program does not use: the bridge wants every resource either mapped or named.
func unmapped(info tfbridge.ProviderInfo) []string {
	var keys []string
	for key := range openstack.Provider().ResourcesMap {
		if _, mapped := info.Resources[key]; !mapped {
			keys = append(keys, key)
		}
	}
	for key := range openstack.Provider().DataSourcesMap {
		if _, mapped := info.DataSources[key]; !mapped {
			keys = append(keys, key)
		}
	}
	return keys
}
