package main

import (
	"encoding/json"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

const (
	localCommand  tokens.Type = "command:local:Command"
	remoteCommand tokens.Type = "command:remote:Command"
)

// knownInputs are the inputs each type accepts, by their names in the SDK.
var knownInputs = map[tokens.Type]map[string]bool{
	localCommand: set("create", "update", "delete", "triggers", "environment", "stdin", "logging",
		"addPreviousOutputInEnv", "dir", "interpreter"),
	remoteCommand: set("create", "update", "delete", "triggers", "environment", "stdin", "logging",
		"addPreviousOutputInEnv", "connection"),
}

// inputs are a command's inputs or state, without the wrapping of secrets.
type inputs struct {
	Create, Update, Delete *string
	Environment            map[string]string
	Stdin                  *string
	Logging                *string
	AddPreviousOutputInEnv *bool
	Dir                    string
	Interpreter            []string
	Connection             *connection
	Stdout, Stderr         string
}

// endpoint is where and as whom to connect: the remote host, or the bastion before it.
type endpoint struct {
	Host               string
	Port               *float64
	User               *string
	Password           string
	PrivateKey         string
	PrivateKeyPassword string
	AgentSocketPath    string
	HostKey            *string
	DialErrorLimit     *int
	PerDialTimeout     *int
}

type connection struct {
	endpoint
	Proxy *endpoint
}

// decode reads properties whose values are all known.
func decode(properties resource.PropertyMap) (inputs, error) {
	var decoded inputs
	text, err := json.Marshal(plainMap(properties).Mappable())
	if err != nil {
		return decoded, err
	}
	return decoded, json.Unmarshal(text, &decoded)
}

// command is the first of the named commands that is set.
func (in inputs) command(names []string) *string {
	commands := map[string]*string{"create": in.Create, "update": in.Update, "delete": in.Delete}
	for _, name := range names {
		if commands[name] != nil {
			return commands[name]
		}
	}
	return nil
}

// plainMap is the properties without the wrapping of secrets, at every depth.
func plainMap(properties resource.PropertyMap) resource.PropertyMap {
	plain := resource.PropertyMap{}
	for key, value := range properties {
		plain[key] = plainValue(value)
	}
	return plain
}

func plainValue(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return plainValue(value.SecretValue().Element)
	case value.IsObject():
		return resource.NewProperty(plainMap(value.ObjectValue()))
	case value.IsArray():
		var items []resource.PropertyValue
		for _, item := range value.ArrayValue() {
			items = append(items, plainValue(item))
		}
		return resource.NewProperty(items)
	}
	return value
}

func set(names ...string) map[string]bool {
	members := map[string]bool{}
	for _, name := range names {
		members[name] = true
	}
	return members
}
