using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Cryptography;

/// <summary>Where random bytes come from. Production uses <see cref="System"/>; tests and simulations inject their own.</summary>
public abstract class RandomSource
{
    /// <summary>The operating system's generator.</summary>
    public static RandomSource System { get; } = new SystemRandomSource();

    /// <summary>Fills the whole span with unpredictable bytes. Safe to call from several threads at once.</summary>
    public abstract void Fill(Span<byte> destination);

    /// <summary>A new array of <paramref name="count"/> random bytes.</summary>
    public byte[] GetBytes(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        byte[] bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }

    /// <summary>Half of a pause to one and a half of it: so that many who wait for the same do not come back all at once.</summary>
    public TimeSpan Around(TimeSpan pause)
    {
        Span<byte> drawn = stackalloc byte[sizeof(uint)];
        Fill(drawn);
        return pause * (0.5 + (BinaryPrimitives.ReadUInt32BigEndian(drawn) / (double)uint.MaxValue));
    }

    private sealed class SystemRandomSource : RandomSource
    {
        public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
    }
}
