using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a serializer puts the bytes of one message: all at once, or through a buffer writer.</summary>
public abstract class SerializationContext
{
    /// <summary>Hands over the whole message.</summary>
    public virtual void Complete(byte[] payload) => throw Unsupported();

    /// <summary>Where to write the message; <see cref="Complete()"/> ends it.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw Unsupported();

    /// <summary>Announces the message's length in bytes, before the first write.</summary>
    public virtual void SetPayloadLength(int payloadLength) => throw Unsupported();

    /// <summary>Ends a message written through <see cref="GetBufferWriter"/>.</summary>
    public virtual void Complete() => throw Unsupported();

    private NotSupportedException Unsupported() => new($"{GetType()} does not take messages in this way.");
}
