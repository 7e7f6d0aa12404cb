namespace Grpc.Core;

/// <summary>Wishes about the writing of a message.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait in a buffer for the next one.</summary>
    BufferHint = 0x1,

    /// <summary>The message is not compressed, whatever the call's compression.</summary>
    NoCompress = 0x2,
}

/// <summary>How messages are written.</summary>
public class WriteOptions(WriteFlags flags = 0)
{
    /// <summary>No wishes.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>The wishes.</summary>
    public WriteFlags Flags { get; } = flags;
}
