namespace Grpc.Core;

/// <summary>What a channel's connection is doing. The numbers are compiled into the real assemblies.</summary>
public enum ConnectivityState
{
    /// <summary>Not connected, and no call asks for it.</summary>
    Idle,

    /// <summary>Connecting.</summary>
    Connecting,

    /// <summary>Connected.</summary>
    Ready,

    /// <summary>The connection failed; the channel will try again.</summary>
    TransientFailure,

    /// <summary>The channel was disposed.</summary>
    Shutdown,
}
