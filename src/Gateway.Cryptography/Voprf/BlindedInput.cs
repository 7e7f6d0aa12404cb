using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>
/// An input waiting for its evaluation: what is sent (<see cref="Element"/>), and what stays (input and blind, zeroed on Dispose).
/// </summary>
public sealed class BlindedInput : IDisposable
{
    private readonly SecretBuffer _secret; // blind[32] ‖ input

    internal BlindedInput(SecretBuffer secret, RistrettoElement element)
    {
        _secret = secret;
        Element = element;
    }

    /// <summary>The blinded element to send; it tells nothing of the input.</summary>
    public RistrettoElement Element { get; }

    internal ReadOnlySpan<byte> Blind => _secret.Span[..RistrettoScalar.Size];

    internal ReadOnlySpan<byte> Input => _secret.Span[RistrettoScalar.Size..];

    internal ReadOnlySpan<byte> Memory => _secret.Memory;

    /// <summary>Zeroes input and blind.</summary>
    public void Dispose() => _secret.Dispose();
}
