using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a deserializer takes the bytes of one message from, in one of two ways.</summary>
public abstract class DeserializationContext
{
    /// <summary>The message's length in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message in an array of its own.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw Unsupported();

    /// <summary>The message in the transport's memory, valid until the deserializer returns.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw Unsupported();

    private NotSupportedException Unsupported() => new($"{GetType()} does not give out messages in this way.");
}
