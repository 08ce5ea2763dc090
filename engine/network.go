package engine

import (
	"context"
	"errors"
	"net/netip"

	"github.com/docker/docker/api/types/network"
)

// CreateSharedNetwork makes sure that a network of that name exists. It may be called by several processes at once.
func (c *ContainerClient) CreateSharedNetwork(ctx context.Context, name string) error {
	_, err := c.network(ctx, name)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	err = c.call(ctx, "create network", name, func(ctx context.Context) error {
		_, err := c.Client.NetworkCreate(ctx, name, network.CreateOptions{})
		return err
	})
	if errors.Is(err, ErrConflict) {
		return nil // someone else was faster
	}
	return err
}

// GetNetworkGateway is the IPv4 address of the network's gateway, or "" if it cannot be determined. For a network that
// does not name it, it is the subnet's first address, which is what engines use then.
func (c *ContainerClient) GetNetworkGateway(ctx context.Context, name string) string {
	found, err := c.network(ctx, name)
	if err != nil {
		return ""
	}
	return gateway(found.IPAM.Config)
}

func gateway(configs []network.IPAMConfig) string {
	for _, config := range configs {
		if addr, err := netip.ParseAddr(config.Gateway); err == nil && addr.Is4() {
			return addr.String()
		}
	}
	for _, config := range configs {
		if subnet, err := netip.ParsePrefix(config.Subnet); err == nil && subnet.Addr().Is4() {
			return subnet.Masked().Addr().Next().String()
		}
	}
	return ""
}

// network inspects the network of that name, or fails with [ErrNotFound].
func (c *ContainerClient) network(ctx context.Context, name string) (found network.Inspect, err error) {
	err = c.call(ctx, "inspect network", name, func(ctx context.Context) error {
		found, err = c.Client.NetworkInspect(ctx, name, network.InspectOptions{})
		return err
	})
	return found, err
}
