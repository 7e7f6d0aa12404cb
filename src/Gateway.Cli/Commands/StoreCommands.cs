using System.CommandLine;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Gateway.Storage;
using Gateway.Storage.Copying;
using Gateway.Storage.Postgres;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway store`: the stores of broker and node in PostgreSQL.</summary>
internal static class StoreCommands
{
    public static Option<string?> Option() => new("--store") { Description = "PostgreSQL database of the store in place of the folder's file, e.g. \"Host=db;Database=gateway;Username=gateway\"; the password belongs into PGPASSWORD or ~/.pgpass.", HelpName = "CONNECTION" };

    public static Command Migrate(CommandFrame frame)
    {
        Option<string> store = new("--store") { Description = "The database, e.g. \"Host=db;Database=gateway;Username=gateway\".", HelpName = "CONNECTION", Required = true };
        Option<string> role = new("--role") { Description = "Whose store: broker or node.", HelpName = "ROLE", Required = true };
        role.AcceptOnlyFromAmong("broker", "node");
        Command command = new("migrate", "Makes the tables of a store in a PostgreSQL database, or brings them to this program's version, and checks the database: durable commits, page checksums.") { store, role };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            PostgresAddress address = PostgresAddress.Parse(parsed.GetValue(store)!);
            await using IAsyncDisposable opened = parsed.GetValue(role) == "broker"
                ? await PostgresBrokerStore.OpenAsync(address, frame.Surroundings.Time, cancellation)
                : await PostgresNodeStore.OpenAsync(address, frame.Surroundings.Time, cancellation);
            output.Result(new { Database = address.Name, Role = parsed.GetValue(role) }, console => console.MarkupLineInterpolated($"The {parsed.GetValue(role)}'s store in {address.Name} has this program's tables."));
            return ExitCode.Ok;
        });
    }

    public static Command Copy(CommandFrame frame)
    {
        Option<string> from = new("--from") { Description = "Folder of the broker or node.", HelpName = "DIR", Required = true };
        Option<string> to = new("--to") { Description = "The database, empty, e.g. \"Host=db;Database=gateway;Username=gateway\".", HelpName = "CONNECTION", Required = true };
        Command command = new("copy", "Copies the store of a folder into an empty PostgreSQL database and proves that it has the same root. To move, end the program first: what it writes later is not in the copy.") { from, to };
        return frame.Handle(command, (parsed, output, cancellation) =>
        {
            (string folder, FolderKind kind) = new Folder(frame.Surroundings).Find(parsed.GetValue(from));
            PostgresAddress address = PostgresAddress.Parse(parsed.GetValue(to)!);
            string file = kind == FolderKind.Node ? new NodeDirectory(folder).StoreFile : new BrokerFiles(folder).Store;
            CopiedStore copied = StoreCopy.Copy(file, address, frame.Surroundings.Time, cancellation);
            output.Result(
                new { Database = address.Name, Role = copied.Role.ToLowerInvariant(), copied.Size, Root = Convert.ToHexStringLower(copied.Root.ToArray()), copied.Tables },
                console =>
                {
                    foreach (CopiedTable table in copied.Tables) console.MarkupLineInterpolated($"{table.Name}: {table.Rows:N0} rows");
                    console.MarkupLineInterpolated($"The log has {copied.Size:N0} leaves and root {Convert.ToHexStringLower(copied.Root.ToArray())} in both.\nRun with it: set \"store\" in {(kind == FolderKind.Node ? "node.json" : "broker.json")}, or --store.");
                });
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
