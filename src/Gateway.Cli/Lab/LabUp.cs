using System.Globalization;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;

namespace Gateway.Cli.Lab;

/// <summary>`gateway lab up`: founds the network of a description, or starts one again that was founded before.</summary>
internal sealed class LabUp(Surroundings surroundings, CommandOutput output)
{
    /// <summary>Runs it; everything that it has started ends with it unless all went well.</summary>
    /// <param name="folder">The lab's folder.</param>
    /// <param name="plan">The description; null for the folder's, or the default.</param>
    /// <param name="cancellation">Ends everything that was started.</param>
    /// <returns>How its processes do.</returns>
    public async Task<IReadOnlyList<LabStatusRow>> RunAsync(LabFolder folder, LabPlan? plan, CancellationToken cancellation)
    {
        PhaseClock clock = new(output, surroundings.Time);
        if (!folder.Exists)
        {
            await using LabNetwork made = LabNetwork.Make(folder, plan ?? DefaultPlan.Plan, surroundings.Time);
            using IDisposable only = folder.Lock();
            await FoundAsync(made, clock, cancellation);
            return await LeaveAsync(made, cancellation);
        }

        using IDisposable alone = folder.Lock();
        await using LabNetwork network = Open(folder, plan);
        await clock.RunAsync("network", async () =>
        {
            await network.StartAsync(cancellation);
            return "what was founded before runs again";
        });
        return await LeaveAsync(network, cancellation);
    }

    private async Task FoundAsync(LabNetwork network, PhaseClock clock, CancellationToken cancellation)
    {
        LabFounding founding = new(network, new CommandLine(surroundings));
        LabBook book = network.Book;
        await clock.RunAsync("network", async () =>
        {
            await founding.FoundNetworkAsync(cancellation);
            return string.Create(CultureInfo.InvariantCulture, $"{book.ProcessNames.Count} processes run, {book.Plan.Members.Count} members are admitted");
        });
        await clock.RunAsync("circles", async () =>
        {
            await founding.FoundCirclesAsync(cancellation);
            return book.Plan.Circles.Count == 0 ? "none" : string.Join(", ", book.Plan.Circles.Select(circle => circle.Name)) + ": their members have the keys, the broker does not";
        });
    }

    private static async Task<IReadOnlyList<LabStatusRow>> LeaveAsync(LabNetwork network, CancellationToken cancellation)
    {
        IReadOnlyList<LabStatusRow> rows = await new LabStatus(network).AskAsync(cancellation);
        network.Processes.Release();
        return rows;
    }

    private LabNetwork Open(LabFolder folder, LabPlan? plan)
    {
        LabBook book = LabBook.Open(folder);
        if (plan is not null && plan.ToJson() != book.Plan.ToJson())
        {
            throw new RefusalException(Refusal.Precondition("LAB_PLAN_DIFFERS", "The folder has a lab of another description.", folder.Path, "Name another folder with --dir, or remove this lab first: gateway lab down"));
        }

        return book.State.IsFounded
            ? new LabNetwork(book, surroundings.Time)
            : throw new RefusalException(Refusal.Precondition("LAB_UNFINISHED", "The lab's network was never founded to its end.", folder.Path, "See its logs, and remove it: gateway lab down"));
    }
}
