using System.Net;

namespace Gateway.Broker.Access;

/// <summary>Which addresses count as one stranger.</summary>
public static class AddressGroup
{
    private const int PrefixBytes = 8;

    /// <summary>An IPv4 address by itself; an IPv6 address as its /64, since whoever has one address has all of these (RFC 6177).</summary>
    public static IPAddress Of(IPAddress? address)
    {
        if (address is null) return IPAddress.None;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6) return address;
        byte[] bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return new IPAddress(bytes);
    }
}
