package main

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// config gives the provider's settings the environment variables that the released plugin reads. Those it does not
// list here (OS_AUTH_URL, OS_PASSWORD, ...) are read by the Terraform provider itself.
var config = map[string]*tfbridge.SchemaInfo{
	"region":        fromEnvironment("OS_REGION_NAME"),
	"cloud":         fromEnvironment("OS_CLOUD"),
	"endpoint_type": fromEnvironment("OS_ENDPOINT_TYPE"),
	"insecure":      fromEnvironment("OS_INSECURE"),
	"swauth":        fromEnvironment("OS_SWAUTH"),
	"delayed_auth":  fromEnvironment("OS_DELAYED_AUTH"),
	"allow_reauth":  fromEnvironment("OS_ALLOW_REAUTH"),
}

var resources = map[string]*tfbridge.ResourceInfo{
	"openstack_compute_instance_v2":                resource("compute", "Instance"),
	"openstack_compute_keypair_v2":                 resource("compute", "Keypair"),
	"openstack_compute_servergroup_v2":             resource("compute", "ServerGroup"),
	"openstack_networking_floatingip_associate_v2": resource("networking", "FloatingIpAssociate"),
	"openstack_networking_floatingip_v2":           resource("networking", "FloatingIp"),
	"openstack_networking_network_v2":              resource("networking", "Network"),
	"openstack_networking_port_v2":                 resource("networking", "Port"),
	"openstack_networking_router_interface_v2":     resource("networking", "RouterInterface"),
	"openstack_networking_router_v2":               resource("networking", "Router"),
	"openstack_networking_secgroup_rule_v2":        resource("networking", "SecGroupRule"),
	"openstack_networking_secgroup_v2":             resource("networking", "SecGroup"),
	"openstack_networking_subnet_v2": {
		Tok: resource("networking", "Subnet").Tok,
		Fields: map[string]*tfbridge.SchemaInfo{
			"allocation_pool": {Name: "allocationPools"},
		},
	},
}

var functions = map[string]*tfbridge.DataSourceInfo{
	"openstack_compute_availability_zones_v2": function("compute", "getAvailabilityZones"),
	"openstack_compute_flavor_v2":             function("compute", "getFlavor"),
	"openstack_compute_limits_v2":             function("compute", "getLimitsV2"),
	"openstack_compute_quotaset_v2":           function("compute", "getQuotaSetV2"),
	"openstack_images_image_ids_v2":           function("images", "getImageIds"),
	"openstack_images_image_v2":               function("images", "getImage"),
	"openstack_networking_network_v2":         function("networking", "getNetwork"),
	"openstack_networking_quota_v2":           function("networking", "getQuotaV2"),
	"openstack_networking_qos_policy_v2":      function("networking", "getQosPolicy"),
	"openstack_networking_subnet_v2":          function("networking", "getSubnet"),
}

func resource(module, member string) *tfbridge.ResourceInfo {
	file := strings.ToLower(member[:1]) + member[1:]
	return &tfbridge.ResourceInfo{Tok: tokens.Type(name + ":" + module + "/" + file + ":" + member)}
}

func function(module, member string) *tfbridge.DataSourceInfo {
	return &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(name + ":" + module + "/" + member + ":" + member)}
}

func fromEnvironment(variable string) *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: []string{variable}}}
}
