# SPDX-License-Identifier: Apache-2.0
"""Rules over the app: its roles, network, addresses, buffers and sockets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from gen.claim import Claim, Plan, aliases, is_identifier, role_class, socket_nodes
from gen.load import Node
from gen.problem import Problem
from gen.rules import decimal, nearest_power, power_of_two, rule

# The app and its network

@rule
def uses_have_one_node_each(plan: Plan) -> Iterator[Problem]:
    paths: dict[str, str] = {}
    known = aliases(plan.tree)
    roles = plan.app.strings("uses")
    for role in dict.fromkeys(roles):
        path = known.get(role)
        node = plan.tree.nodes.get(path or "")
        if roles.count(role) > 1 and node:
            once = ", ".join(f'"{name}"' for name in dict.fromkeys(roles))
            yield Problem(plan.app.at("uses"), plan.app.path, f'the role "{role}" is used twice',
                          f"it is one device, {node.cite()}, which has one owner",
                          f"nearest: uses = {once}")
        first = paths.setdefault(path, role) if path else role
        if first != role:
            yield Problem(plan.app.at("uses"), plan.app.path,
                          f'the roles "{first}" and "{role}" are both '
                          f"{node.cite() if node else path}",
                          "a device has one owner", f'nearest: leave "{role}" out')


@rule
def network_has_a_device(plan: Plan) -> Iterator[Problem]:
    nets = [r for r in plan.app.strings("uses") if role_class(r) == "net"]
    if plan.net is not None and not nets:
        yield Problem(plan.net.place, plan.net.path, "the app has a network but uses no net role",
                      "the stack runs over the device with this role", 'nearest: uses = …, "net0"')
    if len(set(nets)) > 1:
        yield Problem(plan.app.at("uses"), plan.app.path,
                      f"the app uses {len(set(nets))} network devices: "
                      f"{', '.join(dict.fromkeys(nets))}",
                      "an image has one pool of packet buffers, for one device",
                      f'nearest: "{nets[0]}" alone')


@rule
def buffers_are_the_networks(plan: Plan) -> Iterator[Problem]:
    """An app that takes raw frames has the buffers; one that has a network states them there."""
    nets = [r for r in plan.app.strings("uses") if role_class(r) == "net"]
    for name in ("packet-buffers", "transmit-buffers"):
        if plan.app.get(name) is None:
            continue
        if plan.net is not None:
            yield Problem(plan.app.at(name), plan.app.path,
                          f"{name} is here, and the app has a network",
                          "a network states its own buffers",
                          f"nearest: {name} in {plan.net.cite(name)}")
        elif not nets:
            yield Problem(plan.app.at(name), plan.app.path,
                          f"{name} is here, but the app uses no net role",
                          "there is no device to have packets", f"nearest: leave {name} out")


@rule
def queue_sizes_are_powers_of_two(plan: Plan) -> Iterator[Problem]:
    for claim in plan.claims:
        found = claim.node.get("queue-size")
        value = claim.node.cell("queue-size", 0)
        if found and not power_of_two(value):
            yield Problem(found.place, claim.node.path,
                          f"queue-size = <{value}> is no power of two",
                          "a virtqueue's indices wrap by masking",
                          f"nearest: {nearest_power(value, 2, 32768)}")


def queue_limit(claim: Claim) -> int:
    """Entries that both queues of the device can have."""
    default = next((p["default"] for p in claim.driver.properties
                    if p["property"] == "queue-size"), 32768)
    size = claim.node.cell("queue-size", default)
    return min(size, claim.driver.qemu.get("queue-maximum", size))


@rule
def packet_buffers_fit_the_queue(plan: Plan) -> Iterator[Problem]:
    nic = next((c for c in plan.claims if c.driver.role_class == "net"), None)
    owner = plan.net or plan.app
    if owner.get("packet-buffers") is None:
        return
    value, place = owner.cell("packet-buffers", 0), owner.at("packet-buffers")
    limit = queue_limit(nic) if nic else 32768
    best = nearest_power(value, 4, max(4, limit))
    if not power_of_two(value):
        yield Problem(place, owner.path, f"packet-buffers = <{value}> is no power of two",
                      "they are the depth of both virtqueues", f"nearest: {best}")
    elif nic and value > limit:
        yield Problem(place, owner.path,
                      f"packet-buffers = <{value}> is more than the {limit} descriptors of "
                      f"{nic.node.cite('queue-size')}",
                      "each buffer is in flight in a descriptor of its own", f"nearest: {best}")


@rule
def mac_address_is_a_station(plan: Plan) -> Iterator[Problem]:
    for claim in plan.claims:
        found = claim.node.get("local-mac-address")
        if found is None or len(found.data) != 6:
            continue
        shown = found.data.hex(":")
        if found.data[0] & 1:
            fixed = bytes([found.data[0] & 0xfe]) + found.data[1:]
            yield Problem(found.place, claim.node.path,
                          f"local-mac-address {shown} is a group address",
                          "a station has an address with an even first byte",
                          f"nearest: [{fixed.hex(' ') if any(fixed) else '52 54 00 00 00 01'}]")
        elif not any(found.data):
            yield Problem(found.place, claim.node.path, "local-mac-address is all zero",
                          "no frame can be sent to it", "nearest: [52 54 00 12 34 56]")


@rule
def sockets_have_valid_ports(plan: Plan) -> Iterator[Problem]:
    for node in socket_nodes(plan.net):
        port = node.cell("port", 1)
        if not 1 <= port <= 65535:
            yield Problem(node.at("port"), node.path, f"port = <{port}> is no UDP port",
                          "a port is 1 to 65535", f"nearest: {1 if port < 1 else 65535}")


@rule
def sockets_have_their_own_ports(plan: Plan) -> Iterator[Problem]:
    owners: dict[tuple[str, int], Node] = {}
    for node in socket_nodes(plan.net):
        key = ((node.strings("protocol") or [""])[0], node.cell("port", 0))
        first = owners.setdefault(key, node)
        if first is not node and node.get("port"):
            taken = {n.cell("port", 0) for n in socket_nodes(plan.net)}
            free = min(set(range(1, 65536)) - taken, key=lambda p: (abs(p - key[1]), -p))
            yield Problem(node.at("port"), node.path,
                          f"{key[0]} port {key[1]} is also that of "
                          f"{first.cite('port')}",
                          "a port has one socket", f"nearest free: {free}")


@rule
def sockets_have_valid_remotes(plan: Plan) -> Iterator[Problem]:
    for node in socket_nodes(plan.net):
        text = (node.strings("remote") or [None])[0]
        if text is None:
            continue
        address, _, port = text.rpartition(":")
        try:
            host = not not_a_host(ipaddress.IPv4Address(address))
        except ValueError:
            host = False
        number = decimal(port)
        if not host or number is None or not 1 <= number <= 65535:
            number = 9000 if number is None else min(max(number, 1), 65535)
            fixed = address if host else "10.0.2.2"
            yield Problem(node.at("remote"), node.path, f'remote = "{text}" is no ADDRESS:PORT',
                          "it is the IPv4 address of a host and a UDP port",
                          f'nearest: "{fixed}:{number}"')


@rule
def sockets_have_usable_names(plan: Plan) -> Iterator[Problem]:
    for node in socket_nodes(plan.net):
        if not is_identifier(node.name):
            yield Problem(node.place, node.path, f'"{node.name}" cannot be the name of a socket',
                          "it becomes a C++ type", "letters a to z, digits, dashes, a letter first")


@rule
def addresses_are_valid(plan: Plan) -> Iterator[Problem]:
    net = plan.net
    if net is None or net.get("ip-address") is None:
        return
    text = (net.strings("ip-address") or [""])[0]
    interface = parse_interface(net, text)
    if isinstance(interface, Problem):
        yield interface
        return
    found = list(host_problems(net, interface))
    yield from found or gateway_problems(net, interface)


def parse_interface(net: Node, text: str) -> ipaddress.IPv4Interface | Problem:
    place = net.at("ip-address")
    address, slash, prefix = text.partition("/")
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        return Problem(place, net.path, f'ip-address = "{text}" is no IPv4 address',
                       "it is four numbers 0 to 255 and a prefix length",
                       f'nearest: "{clamped(address)}/{24 if decimal(prefix) is None else prefix}"')
    bits = decimal(prefix)
    if not slash or bits is None or not 4 <= bits <= 30:
        wanted = 24 if bits is None else min(max(bits, 4), 30)
        return Problem(place, net.path, f'ip-address = "{text}" has no usable prefix length',
                       "a network with room for a host and its gateway has 4 to 30 bits",
                       f'nearest: "{address}/{wanted}"')
    return ipaddress.IPv4Interface(text)


def clamped(address: str) -> str:
    """The address with each number forced into 0..255, for a suggestion."""
    parts = (address.split(".") + ["0", "0", "0", "1"])[:4] if address.count(".") < 3 \
        else address.split(".")[:4]
    numbers = [min(decimal(p) or 0, 255) for p in parts]
    return ".".join(map(str, numbers))


def nearest_host(address: str, interface: ipaddress.IPv4Interface) -> str:
    """The address, or where it cannot be another host of the network, the first that can."""
    hosts = (interface.network[1], interface.network[2])
    found = ipaddress.IPv4Address(address)
    free = found in interface.network and found not in (interface.ip, interface.network[0],
                                                        interface.network[-1])
    return str(found if free else next(host for host in hosts if host != interface.ip))


def host_problems(net: Node, interface: ipaddress.IPv4Interface) -> Iterator[Problem]:
    place, network = net.at("ip-address"), interface.network
    first, last = network[1], network[-2]
    if interface.ip == network.network_address:
        yield Problem(place, net.path, f"{interface.ip} is the address of the network {network}",
                      "a host has an address of its own", f'nearest: "{first}/{network.prefixlen}"')
    elif interface.ip == network.broadcast_address:
        yield Problem(place, net.path, f"{interface.ip} is the broadcast address of {network}",
                      "a host has an address of its own", f'nearest: "{last}/{network.prefixlen}"')
    elif not_a_host(interface.ip):
        yield Problem(place, net.path, f"{interface.ip} is no address of a single host",
                      "0/8, 127/8 and 224/3 have other meanings", 'such as "10.0.2.15/24"')


def not_a_host(address: ipaddress.IPv4Address) -> bool:
    return int(address) >> 24 in (0, 127) or int(address) >> 29 == 7


def gateway_problems(net: Node, interface: ipaddress.IPv4Interface) -> Iterator[Problem]:
    if net.get("gateway") is None:
        return
    text = (net.strings("gateway") or [""])[0]
    place, network = net.at("gateway"), interface.network
    low = network[1] if network[1] != interface.ip else network[2]
    try:
        gateway = ipaddress.IPv4Address(text)
    except ValueError:
        yield Problem(place, net.path, f'gateway = "{text}" is no IPv4 address',
                      "it is four numbers 0 to 255",
                      f'nearest: "{nearest_host(clamped(text), interface)}"')
        return
    if gateway not in network:
        yield Problem(place, net.path, f"the gateway {gateway} lies outside {network}",
                      f"ip-address ({net.at('ip-address')}) puts the image in this network",
                      f'nearest: "{low if gateway < network[0] else network[-2]}"')
    elif gateway == interface.ip:
        yield Problem(place, net.path, f"the gateway {gateway} is the image's own address",
                      f"ip-address is at {net.at('ip-address')}", f'nearest: "{low}"')
    elif gateway in (network[0], network[-1]):
        yield Problem(place, net.path, f"the gateway {gateway} is no host of {network}",
                      "the first and the last address are the network's and the broadcast's",
                      f'nearest: "{low if gateway == network[0] else network[-2]}"')
