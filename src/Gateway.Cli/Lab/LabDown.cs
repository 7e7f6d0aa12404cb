using Gateway.Protocol.Errors;

namespace Gateway.Cli.Lab;

/// <summary>`gateway lab down`: ends a lab's processes; what is ended already stays so.</summary>
internal static class LabDown
{
    /// <summary>Ends what runs of the lab in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="keep">Whether the folder stays.</param>
    /// <param name="time">Clock.</param>
    /// <returns>How many processes were still running.</returns>
    /// <exception cref="RefusalException">The folder is there, and no lab in it.</exception>
    public static async Task<int> RunAsync(LabFolder folder, bool keep, TimeProvider time)
    {
        if (!Directory.Exists(folder.Path)) return 0;
        using IDisposable only = folder.Required().Lock();
        LabBook book = LabBook.Open(folder);
        await using LabProcesses processes = new(book, time);
        int ended = await processes.EndAsync(book.ProcessNames);
        if (keep) return ended;
        string postgres = book.State.PostgresFolder;
        if (Directory.Exists(postgres)) Directory.Delete(postgres, recursive: true);
        Directory.Delete(folder.Path, recursive: true);
        return ended;
    }
}
