using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Gateway.Cryptography.Internal;

/// <summary>The loaded and initialised libsodium: its handle and the name it was found under.</summary>
internal sealed record SodiumLibrary(nint Handle, string Name)
{
    // .23 is libsodium 1.0.12–1.0.18 (Debian 12), .26 is 1.0.19 and later; the rest are the other platforms' names.
    private static readonly string[] _names =
        ["libsodium.so.23", "libsodium.so.26", "libsodium.so", "libsodium.dylib", "libsodium.dll", "libsodium"];

    private static readonly Lazy<SodiumLibrary> _loaded = new(static () => Load(_names));

    /// <exception cref="SodiumNotFoundException">No candidate could be loaded.</exception>
    internal static SodiumLibrary Loaded => _loaded.Value;

    internal static unsafe SodiumLibrary Load(IReadOnlyList<string> names)
    {
        foreach (string name in names)
        {
            if (!NativeLibrary.TryLoad(name, typeof(SodiumLibrary).Assembly, null, out nint handle))
            {
                continue;
            }

            // Not thread safe before it has run once, hence here, before any other function can be resolved. 1 = already done.
            var sodiumInit = (delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(handle, "sodium_init");
            return sodiumInit() >= 0
                ? new SodiumLibrary(handle, name)
                : throw new InvalidOperationException($"{name} was found but sodium_init failed: the system gives it no randomness.");
        }

        throw new SodiumNotFoundException(names);
    }

    /// <summary>The file the library was mapped from, where the system tells; else the name it was found under.</summary>
    internal string FindPath()
    {
        using var process = Process.GetCurrentProcess();
        foreach (ProcessModule module in process.Modules)
        {
            if (Path.GetFileName(module.FileName).StartsWith("libsodium", StringComparison.OrdinalIgnoreCase))
            {
                return module.FileName;
            }
        }

        return Name;
    }
}
