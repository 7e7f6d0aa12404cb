using Grpc.Core;

namespace Compat.Tests;

/// <summary>The real assemblies have these numbers compiled into them, and StatusCode's go over the wire.</summary>
public sealed class EnumValueTests
{
    [Fact]
    public void Method_types_have_their_numbers() =>
        AssertNumbers<MethodType>("Unary 0", "ClientStreaming 1", "ServerStreaming 2", "DuplexStreaming 3");

    [Fact]
    public void Write_flags_have_their_bits() => AssertNumbers<WriteFlags>("BufferHint 1", "NoCompress 2");

    [Fact]
    public void Status_codes_have_the_numbers_of_the_wire() => AssertNumbers<StatusCode>(
        "OK 0", "Cancelled 1", "Unknown 2", "InvalidArgument 3", "DeadlineExceeded 4", "NotFound 5", "AlreadyExists 6", "PermissionDenied 7",
        "ResourceExhausted 8", "FailedPrecondition 9", "Aborted 10", "OutOfRange 11", "Unimplemented 12", "Internal 13", "Unavailable 14",
        "DataLoss 15", "Unauthenticated 16");

    [Fact]
    public void Connectivity_states_have_their_numbers() =>
        AssertNumbers<ConnectivityState>("Idle 0", "Connecting 1", "Ready 2", "TransientFailure 3", "Shutdown 4");

    private static void AssertNumbers<T>(params string[] expected) where T : struct, Enum =>
        Assert.Equal(expected, Enum.GetValues<T>().Select(value => $"{value:G} {value:D}"));
}
