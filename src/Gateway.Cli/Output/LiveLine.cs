namespace Gateway.Cli.Output;

/// <summary>One line of progress on the error output: redrawn in place where a person looks, a line every ten seconds where a log does.</summary>
public sealed class LiveLine(CommandOutput output, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Report = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _shown = time.GetTimestamp();
    private int _width;
    private bool _ended;

    /// <summary>Shows the newest state, at most so often as a person can read it.</summary>
    public void Show(string text)
    {
        lock (_gate)
        {
            if (_ended || time.GetElapsedTime(_shown) < (output.IsLive ? Redraw : Report)) return;
            _shown = time.GetTimestamp();
            if (output.IsLive)
            {
                output.Draw("\r" + text.PadRight(_width));
                _width = text.Length;
            }
            else
            {
                output.Note(text);
            }
        }
    }

    /// <summary>Clears the line.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_ended && _width > 0) output.Draw("\r" + new string(' ', _width) + "\r");
            _ended = true;
        }
    }
}
