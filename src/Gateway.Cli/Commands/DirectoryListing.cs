using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Protocol.V1;
using Gateway.Storage.Secrets;
using Grpc.Core;

namespace Gateway.Cli.Commands;

/// <summary>Asks the broker for its directory, as the owner of a folder.</summary>
internal static class DirectoryListing
{
    public static async Task<GetDirectoryResponse> ReadAsync(CommandFrame frame, ParseResult parsed, string? stated, string operatorName, CancellationToken cancellation)
    {
        using BrokerAccess broker = Open(frame, parsed, stated, operatorName);
        return await ReadAsync(broker, cancellation);
    }

    /// <summary>The broker, as the node or the operator that the command line names.</summary>
    public static BrokerAccess Open(CommandFrame frame, ParseResult parsed, string? stated, string operatorName)
    {
        // An operator's file is enough: he need not sit where the broker's folder is. A folder that is named goes first.
        string file = frame.PathOf(operatorName);
        bool isFile = stated is null && File.Exists(file);
        (string folder, FolderKind kind) = isFile ? ("", FolderKind.Broker) : new Folder(frame.Surroundings).Find(stated);
        using SealingSecret? secret = kind == FolderKind.Node ? frame.Unlocking.Of(parsed, folder) : null;
        return BrokerAccess.Of(folder, kind, File.Exists(file) ? file : operatorName, frame.Surroundings.Time, secret);
    }

    public static async Task<GetDirectoryResponse> ReadAsync(BrokerAccess broker, CancellationToken cancellation)
    {
        try
        {
            return await broker.Members.GetDirectoryAsync(new GetDirectoryRequest(), deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
        }
        catch (RpcException fault)
        {
            throw BrokerAccess.Explain(fault);
        }
    }
}
