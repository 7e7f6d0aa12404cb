using System.Reflection;
using Gateway.Protocol.V1;
using Google.Protobuf.Reflection;

namespace Gateway.Broker.Tests;

/// <summary>Every RPC of the protos but those that a node serves, to its own people or to other nodes: a new file or service is among them by itself.</summary>
internal static class BrokerMethods
{
    private static readonly string[] s_local = ["ScreeningService", "ContributionsService", "WatchService", "CirclesService", "OfficersService", "DisputeOfficeService", "OutcomeOfficeService", "CaseworkService", "NeutralityService", "GossipService", "LifeService"];

    public static IReadOnlyList<MethodDescriptor> All { get; } =
    [
        .. typeof(ErrorDetail).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(ErrorDetail).Namespace && type.Name.EndsWith("Reflection", StringComparison.Ordinal))
            .Select(type => (FileDescriptor)type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!)
            .SelectMany(file => file.Services)
            .Where(service => !s_local.Contains(service.Name))
            .SelectMany(service => service.Methods),
    ];
}
