package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// surface is what the SDK's generated code relies on: property names by token, nested ones with a dotted path.
type surface map[string][]string

// names lists every mapped token's property names as the bridge makes them, for the test that compares the SDK's.
func names(info tfbridge.ProviderInfo) surface {
	all := surface{"config": properties("", info.P.Schema(), info.Config)}
	for key, mapped := range info.Resources {
		all[string(mapped.Tok)] = properties("", info.P.ResourcesMap().Get(key).Schema(), mapped.Fields)
	}
	for key, mapped := range info.DataSources {
		all[string(mapped.Tok)] = properties("", info.P.DataSourcesMap().Get(key).Schema(), mapped.Fields)
	}
	return all
}

func properties(path string, schema shim.SchemaMap, overrides map[string]*tfbridge.SchemaInfo) []string {
	found := []string{}
	schema.Range(func(key string, value shim.Schema) bool {
		if value.Removed() != "" {
			return true
		}
		own := path + tfbridge.TerraformToPulumiNameV2(key, schema, overrides)
		found = append(found, own)
		if nested, ok := value.Elem().(shim.Resource); ok {
			found = append(found, properties(own+".", nested.Schema(), nil)...)
		}
		return true
	})
	return found
}
