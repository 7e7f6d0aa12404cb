using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.Node.Replicas;

/// <summary>Work in the background that one process of a node alone does: started when it begins to lead, stopped when it does not any more.</summary>
/// <param name="Work">The work; it can be started again after it was stopped.</param>
public sealed record LeasedService(BackgroundService Work);

internal static class LeasedServices
{
    /// <summary>Adds what keeps several processes of a node apart and in step.</summary>
    public static IServiceCollection AddReplicas(this IServiceCollection services) => services.AddSingleton<Leadership>().AddSingleton<ReplicaWork>().AddSingleton<ReplicaLease>()
        .AddHostedService<StoreFollower>().AddHostedService(provider => provider.GetRequiredService<ReplicaLease>());

    /// <summary>Has a service run where this process leads.</summary>
    public static IServiceCollection AddLeased<T>(this IServiceCollection services)
        where T : BackgroundService => services.AddSingleton(provider => new LeasedService(provider.GetRequiredService<T>()));
}
