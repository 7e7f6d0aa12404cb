using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>Writes to streams that can be ended from here.</summary>
internal static class PatientWrites
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Writes a message, or nothing once the stream is to end. A write that is broken off takes the whole call with it, and the reason for the end, which the peer should hear, with that: what is being
    /// written is let through for two seconds, and only a peer that does not read is cut off.
    /// </summary>
    /// <exception cref="OperationCanceledException">The stream is to end, or the peer did not read.</exception>
    public static async Task WritePatientlyAsync<T>(this IServerStreamWriter<T> stream, T message, CancellationToken ended)
    {
        ended.ThrowIfCancellationRequested();
        using CancellationTokenSource stuck = new();
        using CancellationTokenRegistration ending = ended.Register(() => stuck.CancelAfter(Patience));
        await stream.WriteAsync(message, stuck.Token).ConfigureAwait(false);
    }
}
