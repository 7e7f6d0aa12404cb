using System.Buffers;
using System.Buffers.Binary;

namespace Gateway.Broker.Access;

/// <summary>
/// Reads the frame headers (RFC 9113 §4.1) of what a client sends, and takes each frame that carries no work from a budget: PING, SETTINGS, PRIORITY, RST_STREAM, CONTINUATION, DATA without
/// bytes that ends nothing, and kinds that do not exist. WINDOW_UPDATE is not counted: who reads much sends many. What does not begin as HTTP/2 is let pass.
/// </summary>
internal sealed class FrameCounter(FrameBudget budget)
{
    private const int HeaderSize = 9;
    private const byte Data = 0, Headers = 1, WindowUpdate = 8, EndStream = 1;

    private readonly byte[] _header = new byte[HeaderSize];
    private int _headerBytes;
    private long _payload;
    private int _preface;
    private bool _isOther;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Counts bytes that the server has taken; false when the budget is spent.</summary>
    public bool Take(ReadOnlySequence<byte> bytes)
    {
        foreach (ReadOnlyMemory<byte> part in bytes)
        {
            if (!Take(part.Span)) return false;
        }

        return true;
    }

    private bool Take(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && !_isOther)
        {
            if (_preface < Preface.Length)
            {
                _isOther = bytes[0] != Preface[_preface++];
                bytes = bytes[1..];
            }
            else if (_payload > 0)
            {
                int skipped = (int)Math.Min(_payload, bytes.Length);
                _payload -= skipped;
                bytes = bytes[skipped..];
            }
            else
            {
                int copied = Math.Min(HeaderSize - _headerBytes, bytes.Length);
                bytes[..copied].CopyTo(_header.AsSpan(_headerBytes));
                _headerBytes += copied;
                bytes = bytes[copied..];
                if (_headerBytes == HeaderSize && !TakeFrame()) return false;
            }
        }

        return true;
    }

    private bool TakeFrame()
    {
        _headerBytes = 0;
        _payload = BinaryPrimitives.ReadUInt32BigEndian(_header) >> 8;
        byte type = _header[3], flags = _header[4];
        bool isWork = type is Headers or WindowUpdate || (type == Data && (_payload > 0 || (flags & EndStream) != 0));
        return isWork || budget.TryTake();
    }
}
