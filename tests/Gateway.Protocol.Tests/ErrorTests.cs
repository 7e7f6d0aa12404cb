using System.Text.RegularExpressions;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Protocol.Tests;

public sealed partial class ErrorTests
{
    public static TheoryData<StatusCode> Statuses => [.. Enum.GetValues<StatusCode>()];

    [Theory]
    [MemberData(nameof(Statuses))]
    public void A_refusal_crosses_the_wire_whole(StatusCode status)
    {
        Refusal refusal = new(status, "SOME_CODE", "Etwas ist passiert: \u00FC.", "field.path", "Do this.");
        RpcException thrown = refusal.ToRpcException();
        Assert.Equal(status, thrown.StatusCode);
        Assert.Equal(refusal, thrown.ToRefusal("broker"));
        Assert.Equal(refusal, Refusal.FromDetail(refusal.ToDetail()));
        Assert.Contains("SOME_CODE", new RefusalException(refusal).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_kind_of_refusal_has_its_status()
    {
        (StatusCode, Func<string, string, string, string, Refusal>)[] kinds =
        [
            (StatusCode.InvalidArgument, Refusal.Invalid), (StatusCode.PermissionDenied, Refusal.Denied), (StatusCode.NotFound, Refusal.NotFound), (StatusCode.FailedPrecondition, Refusal.Precondition),
            (StatusCode.ResourceExhausted, Refusal.Exhausted), (StatusCode.Unavailable, Refusal.Unavailable), (StatusCode.DataLoss, Refusal.DataLoss),
        ];
        foreach ((StatusCode status, Func<string, string, string, string, Refusal> make) in kinds) Assert.Equal(new Refusal(status, "A", "b", "c", "d"), make("A", "b", "c", "d"));
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Cancelled)]
    public void A_connection_that_was_lost_under_a_call_is_a_peer_that_cannot_be_reached(StatusCode status)
    {
        RpcException lost = new(new Status(status, "Error starting gRPC call.", new HttpRequestException("The server didn't respond to a ping.", new IOException("The request was aborted."))));
        Refusal refusal = lost.ToRefusal("evaluator broker");
        Assert.Equal((StatusCode.Unavailable, "PEER_UNAVAILABLE"), (refusal.Status, refusal.Code));
        RpcException ended = new(new Status(status, "", new OperationCanceledException("By the caller.", new IOException("The request was aborted."))));
        Assert.NotEqual("PEER_UNAVAILABLE", ended.ToRefusal("evaluator broker").Code);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, "PEER_UNAVAILABLE")]
    [InlineData(StatusCode.DeadlineExceeded, "PEER_SLOW")]
    [InlineData(StatusCode.Cancelled, "CANCELLED")]
    [InlineData(StatusCode.Internal, "PEER_FAILED")]
    public void A_failure_without_detail_is_put_into_words(StatusCode status, string code)
    {
        Refusal refusal = new RpcException(new Status(status, "detail")).ToRefusal("broker");
        Assert.Equal((status, code, "broker"), (refusal.Status, refusal.Code, refusal.Which));
    }

    [Fact]
    public void A_detail_that_cannot_be_read_is_said_to_be_so()
    {
        RpcException thrown = new(new Status(StatusCode.NotFound, ""), new Metadata { { GrpcErrors.Trailer, [255, 255] } });
        Assert.Equal((StatusCode.NotFound, "ERROR_UNREADABLE"), (thrown.ToRefusal("broker").Status, thrown.ToRefusal("broker").Code));
    }

    [Fact]
    public void Every_code_stands_in_the_list_of_errors()
    {
        string root = VectorFile.Root, listed = File.ReadAllText(Path.Combine(root, "docs", "errors.md"));
        string[] codes = [.. Directory.EnumerateFiles(Path.Combine(root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Refused().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).Distinct()];
        Assert.Contains("CERTIFICATE_DENIED", codes);
        Assert.Contains("FILE_NOT_FOUND", codes);
        Assert.Equal([], codes.Where(code => !listed.Contains($"| `{code}` |", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_status_of_the_call_prevails_and_an_unknown_number_is_Unknown()
    {
        ErrorDetail lying = new() { Code = "X", Status = (uint)StatusCode.OK };
        RpcException thrown = new(new Status(StatusCode.DataLoss, ""), new Metadata { { GrpcErrors.Trailer, Google.Protobuf.MessageExtensions.ToByteArray(lying) } });
        Assert.Equal(StatusCode.DataLoss, thrown.ToRefusal("broker").Status);
        Assert.Equal(StatusCode.Unknown, Refusal.FromDetail(new ErrorDetail { Status = 17 }).Status);
    }

    // Wherever a refusal is made, by itself or through a file's own short name for it.
    [GeneratedRegex("""(?:Refusal\.\w+|new Refusal|\b(?:Invalid|Refuse|Denied|Precondition|Unauthenticated))\(\s*(?:(?:Grpc\.Core\.)?StatusCode\.\w+,\s*)?"([A-Z]+(?:_[A-Z0-9]+)*)[\x22]""")]
    private static partial Regex Refused();
}
