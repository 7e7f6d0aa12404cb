using System.Runtime.InteropServices;
using Gateway.Cryptography.Internal;

namespace Gateway.Cryptography;

/// <summary>Which libsodium this process runs on: for diagnostics and start-up checks.</summary>
public static class Sodium
{
    /// <summary>The version libsodium states of itself, such as "1.0.18".</summary>
    /// <exception cref="SodiumNotFoundException">libsodium cannot be loaded.</exception>
    public static string Version => Marshal.PtrToStringUTF8(Libsodium.sodium_version_string()) ?? "";

    /// <summary>The file libsodium was loaded from, or the library name where the system does not tell.</summary>
    /// <exception cref="SodiumNotFoundException">libsodium cannot be loaded.</exception>
    public static string LoadedFrom => SodiumLibrary.Loaded.FindPath();
}
