using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Gateway.Cryptography;

namespace Gateway.Protocol.Tests;

/// <summary>A fixed stream of bytes: SHA-256(name ‖ u32 counter), one block behind the other. How it is cut into draws does not change it.</summary>
internal sealed class SeededRandomSource(string name) : RandomSource
{
    private readonly byte[] _name = Encoding.ASCII.GetBytes(name);
    private readonly Queue<byte> _rest = new();
    private uint _counter;

    public override void Fill(Span<byte> destination)
    {
        byte[] counter = new byte[4];
        for (int i = 0; i < destination.Length; i++)
        {
            if (_rest.Count == 0)
            {
                BinaryPrimitives.WriteUInt32BigEndian(counter, _counter++);
                foreach (byte drawn in SHA256.HashData([.. _name, .. counter])) _rest.Enqueue(drawn);
            }

            destination[i] = _rest.Dequeue();
        }
    }
}
