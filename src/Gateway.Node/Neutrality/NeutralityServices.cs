using Gateway.Node.Identity;
using Gateway.Node.Replicas;
using Gateway.Protocol.Keys;
using Gateway.Storage.Node;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Node.Neutrality;

/// <summary>What holds the broker to one log, put together.</summary>
internal static class NeutralityServices
{
    public static IServiceCollection AddNeutrality(this IServiceCollection services, NodeSettings settings, MemberKeys keys, Acceptance acceptance)
    {
        services.AddSingleton(acceptance).AddSingleton<OwnLog>().AddSingleton<LogConditions>().AddSingleton<ForkWatch>().AddSingleton<BrokerWatch>();
        services.AddSingleton(provider => new CosignatureTally(provider.GetRequiredService<ForkWatch>(), provider.GetRequiredService<INodeStore>().Neutrality, acceptance, settings.Member, settings.CosignatureQuorum));
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<LogWitness>(provider, settings.Member, keys)).AddLeased<LogWitness>();
        services.AddSingleton<GossipPeers>().AddLeased<GossipPeers>();
        services.AddSingleton<GossipServer>().AddHostedService(provider => provider.GetRequiredService<GossipServer>());
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<OwnRecordAudit>(provider, settings.Member, keys));
        return services.AddSingleton<NeutralityEndpoint>();
    }
}
