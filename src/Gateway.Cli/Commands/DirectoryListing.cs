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
        // An operator's file is enough: he need not sit where the broker's folder is.
        string file = frame.PathOf(operatorName);
        bool isFile = File.Exists(file);
        (string folder, FolderKind kind) = isFile ? ("", FolderKind.Broker) : new Folder(frame.Surroundings).Find(stated);
        using SealingSecret? secret = kind == FolderKind.Node ? frame.Unlocking.Of(parsed, folder) : null;
        using BrokerAccess broker = BrokerAccess.Of(folder, kind, isFile ? file : operatorName, frame.Surroundings.Time, secret);
        return await ReadAsync(broker, cancellation);
    }

    public static async Task<GetDirectoryResponse> ReadAsync(BrokerAccess broker, CancellationToken cancellation)
    {
        try
        {
            return await broker.Members.GetDirectoryAsync(new GetDirectoryRequest(), deadline: broker.Deadline, cancellationToken: cancellation);
        }
        catch (RpcException fault)
        {
            throw BrokerAccess.Explain(fault);
        }
    }
}
