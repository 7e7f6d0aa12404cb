using System.Buffers;

namespace Grpc.Core;

/// <summary>Collects a message in an array.</summary>
internal sealed class ArraySerializationContext : SerializationContext
{
    private ArrayBufferWriter<byte> buffer = new();
    private byte[]? payload;

    /// <summary>The completed message.</summary>
    /// <exception cref="InvalidOperationException">The serializer returned without completing it.</exception>
    public byte[] Payload => payload ?? throw new InvalidOperationException("The serializer returned without completing its message.");

    public override void SetPayloadLength(int payloadLength)
    {
        if (payloadLength > buffer.Capacity) buffer = new ArrayBufferWriter<byte>(payloadLength);
    }

    public override IBufferWriter<byte> GetBufferWriter() => buffer;
    public override void Complete() => payload = buffer.WrittenSpan.ToArray();
    public override void Complete(byte[] payload) => this.payload = payload;
}
