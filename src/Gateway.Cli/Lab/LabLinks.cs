using Gateway.Protocol.Errors;

namespace Gateway.Cli.Lab;

/// <summary>Cuts and mends links of a lab, and finds processes by what people call them.</summary>
internal sealed class LabLinks(LabBook book)
{
    /// <summary>A process by its name, or by that of the member whose node it is.</summary>
    /// <exception cref="RefusalException">There is none of this name.</exception>
    public string Find(string stated)
    {
        return book.ProcessNames.FirstOrDefault(name => name.Equals(stated, StringComparison.OrdinalIgnoreCase))
            ?? book.Plan.Members.FirstOrDefault(member => member.Name.Equals(stated, StringComparison.OrdinalIgnoreCase))?.Folder
            ?? throw new RefusalException(Refusal.NotFound("LAB_NAME_UNKNOWN", "The lab has no process of this name.", stated, $"Name one of: {string.Join(", ", book.ProcessNames)}"));
    }

    /// <summary>Cuts or mends the links between two processes, or all links of one, or all there are.</summary>
    /// <returns>The links that were meant.</returns>
    /// <exception cref="RefusalException">There is no such link, or the relay does not run.</exception>
    public async Task<IReadOnlyList<LabLink>> SetAsync(bool cut, string? one, string? other, CancellationToken cancellation)
    {
        string?[] ends = [one is null ? null : Find(one), other is null ? null : Find(other)];
        bool IsMeant(LabLink link) => ends.All(end => end is null || link.Node == end || link.Broker == end);
        if (!book.State.Links.Any(IsMeant))
        {
            string[] stated = [.. ends.OfType<string>()];
            throw new RefusalException(Refusal.NotFound("LAB_LINK_UNKNOWN", "There is no such link: links lead from a node to a broker.", string.Join(" and ", stated), $"Name a node ({string.Join(", ", book.Plan.Members.Select(member => member.Folder))}) and, or, a broker ({string.Join(", ", book.Plan.BrokerNames)})."));
        }

        if (!book.IsRunning(LabProcesses.Wires)) throw Ended(LabProcesses.Wires);
        book.Change(state => state with { Links = [.. state.Links.Select(link => IsMeant(link) ? link with { IsCut = cut } : link)] });
        await Wires.KnockAsync(book.Folder, cancellation);
        return [.. book.State.Links.Where(IsMeant)];
    }

    /// <summary>That a process does not run.</summary>
    public static RefusalException Ended(string name) => new(Refusal.Precondition("LAB_PROCESS_ENDED", "The process does not run.", name, $"Start it: gateway lab restart {name}"));
}
