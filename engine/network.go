package engine

import (
	"context"
	"errors"
	"net/netip"
	"regexp"
	"slices"
	"time"

	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/network"
)

// CreateSharedNetwork makes sure that a network of that name exists. It may be called by several processes at once.
func (c *ContainerClient) CreateSharedNetwork(ctx context.Context, name string) error {
	again := backoff{first: 100 * time.Millisecond, last: 2 * time.Second}
	for {
		_, err := c.network(ctx, name)
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		single, err := c.createSingle(ctx, name)
		if single || err != nil {
			return err
		}
		if err := again.wait(ctx); err != nil {
			return wrapErr("create network", name, err)
		}
	}
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

// network is the network of that name, the oldest if there are several, which an inspect refuses to choose from. Without
// any it fails with [ErrNotFound].
func (c *ContainerClient) network(ctx context.Context, name string) (oldest network.Summary, err error) {
	err = c.call(ctx, "find network", name, func(ctx context.Context) error {
		list, err := c.networks(ctx, name)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrNotFound
		}
		oldest = slices.MinFunc(list, func(a, b network.Summary) int { return a.Created.Compare(b.Created) })
		return nil
	})
	return oldest, err
}

func (c *ContainerClient) networks(ctx context.Context, name string) ([]network.Summary, error) {
	same := filters.NewArgs(filters.Arg("name", "^"+regexp.QuoteMeta(name)+"$"))
	return c.Client.NetworkList(ctx, network.ListOptions{Filters: same})
}
