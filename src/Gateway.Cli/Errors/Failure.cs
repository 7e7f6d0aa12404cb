using Gateway.Broker.Hosting;
using Gateway.Cryptography;
using Gateway.Node.Feed;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Cli.Errors;

/// <summary>A failure as people see it: why, and what the process ends with. The only place where exceptions become that.</summary>
/// <param name="Refusal">Why.</param>
/// <param name="ExitCode">What the process ends with.</param>
public sealed record Failure(Refusal Refusal, int ExitCode)
{
    /// <summary>The failure behind an exception; an exception that nobody foresaw is a fault of the program, and says so.</summary>
    public static Failure Of(Exception fault, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested && fault is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled }) return Interrupted();
        Refusal? refusal = RefusalOf(fault);
        return refusal is null ? Unexpected(fault) : new Failure(refusal, ExitCodeOf(refusal));
    }

    /// <summary>The exit code a refusal leads to.</summary>
    public static int ExitCodeOf(Refusal refusal) => refusal.Status switch
    {
        StatusCode.Unavailable or StatusCode.DeadlineExceeded => Cli.ExitCode.Unavailable,
        StatusCode.Cancelled => Cli.ExitCode.Interrupted,
        _ => Cli.ExitCode.Refused,
    };

    private static Failure Unexpected(Exception fault) => new(
        new Refusal(StatusCode.Internal, "PROGRAM_FAULT", $"The program met an error that nobody foresaw ({fault.GetType().Name}: {fault.Message})", "gateway", "Report it with what GATEWAY_TRACE=1 prints besides."), Cli.ExitCode.Fault);

    private static Failure Interrupted() =>
        new(new Refusal(StatusCode.Cancelled, "INTERRUPTED", "The command was interrupted.", "command", "What was done until then holds; run it again to go on."), Cli.ExitCode.Interrupted);

    private static Refusal? RefusalOf(Exception fault) => fault switch
    {
        RefusalException refused => refused.Refusal,
        FeedFaultException feed => Refusal.DataLoss("FEED_FAULT", feed.Message, "feed", "Tell the broker's operator."),
        RpcException call => call.ToRefusal("peer"),
        BrokerOptionsException options => Refusal.Invalid("BROKER_OPTIONS_INVALID", "The broker's options cannot be used: " + string.Join(" ", options.Faults), "broker.json or the command's options", "Correct what is named."),
        StoreRefusedException store => Refusal.Precondition("STORE_REFUSED", store.Message, "store", "Use the program version that made the store, or another folder or database."),
        StoreUnavailableException store => new Refusal(StatusCode.FailedPrecondition, "STORE_UNAVAILABLE", store.Message, "store", "See that no other process runs with this folder, that the disk has room, and that the files may be written; or that the database runs."),
        StoreCorruptException store => Refusal.DataLoss("STORE_CORRUPT", store.Message, "store", "Restore the folder from a backup."),
        SodiumNotFoundException sodium => Refusal.Precondition("LIBSODIUM_MISSING", sodium.Message, "libsodium", "Install it: on Debian and Ubuntu `apt-get install libsodium23`."),
        AddressInUseException address => Refusal.Precondition("ADDRESS_IN_USE", address.Message, "listening address", "End what listens there, or choose another port."),
        IOException { InnerException: AddressInUseException } address => Refusal.Precondition("ADDRESS_IN_USE", address.Message, "listening address", "End what listens there, or choose another port."),
        FileNotFoundException file => Refusal.NotFound("FILE_NOT_FOUND", $"The file {file.FileName} does not exist.", file.FileName ?? "file", "See that the path is right."),
        DirectoryNotFoundException folder => Refusal.NotFound("FOLDER_NOT_FOUND", folder.Message, "folder", "See that the path is right."),
        UnauthorizedAccessException access => Refusal.Denied("FILE_DENIED", access.Message, "file", "Run as the user the file belongs to, or change its permissions."),
        IOException io => Refusal.Precondition("FILE_FAILED", io.Message, "file", "See that the disk has room and that the path is right."),
        _ => null,
    };
}
