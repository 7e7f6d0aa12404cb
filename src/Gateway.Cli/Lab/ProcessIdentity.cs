using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Gateway.Cli.Lab;

/// <summary>Which process: its number, and when it began, since the number may belong to another one by now.</summary>
/// <param name="Id">Process id.</param>
/// <param name="Began">On Linux ticks since the machine's start, as /proc states them; else the time of day.</param>
internal readonly record struct ProcessIdentity(int Id, string Began)
{
    // proc(5), /proc/PID/stat: the fields after the program's name, which may itself hold blanks and brackets.
    private const int StateField = 0, StartField = 19;

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => Began.Length > 0 && BeganOf(Id) == Began;

    /// <summary>The process that has a number now.</summary>
    public static ProcessIdentity Of(int id) => new(id, BeganOf(id));

    private static string BeganOf(int id)
    {
        try
        {
            if (OperatingSystem.IsLinux())
            {
                string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
                string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                return fields[StateField] is "Z" or "X" ? "" : fields[StartField]; // One that waits for its parent to look has ended.
            }

            using Process process = Process.GetProcessById(id);
            return process.StartTime.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException or Win32Exception)
        {
            return "";
        }
    }
}
