using Gateway.Cryptography;
using Gateway.Storage.Broker;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Hosting;

/// <summary>What a broker takes from the world, replaceable for tests and simulations.</summary>
public sealed record BrokerSeams
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Randomness.</summary>
    public RandomSource Random { get; init; } = RandomSource.System;

    /// <summary>Opens the store; the SQLite file of the broker's folder unless given. The broker closes it.</summary>
    public Func<BrokerOptions, TimeProvider, CancellationToken, ValueTask<IBrokerStore>>? OpenStore { get; init; }

    /// <summary>Where logs go; the console unless given.</summary>
    public Action<ILoggingBuilder>? Logging { get; init; }
}
