using System.Globalization;
using Gateway.Benchmarks;
using Gateway.Benchmarks.Quality;

const string Usage = """
    usage: Gateway.Benchmarks NAME [sizes]
      publish    [records a run]                 durable publish at the broker           (20000)
      voprf                                      pseudonyms, server and client
      feed       [records]                       a node applies the feed                 (20000)
      screening  [known identifiers ...]         look-ups, then the node's whole path    (1000000 10000000)
      names      [queries] [clean names]         names found through pseudonyms: quality, keys, speed   (1000 10000)
      start      [records] [known identifiers]   start-up and memory of a node           (100000 500000)
      all                                        all of these
    Stores are put under /var/tmp, or under GATEWAY_BENCH_FOLDER.
    """;

if (args is ["start-node", string folder, string store])
{
    await StartBench.StartNodeAsync(folder, store, Console.Out);
    return 0;
}

int[] sizes = [.. args.Skip(1).Select(size => int.TryParse(size, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : 0)];
if (args.Length == 0 || sizes.Contains(0) || args[0] is not ("publish" or "voprf" or "feed" or "screening" or "start" or "names" or "all"))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

Machine.Describe(Console.Out, Machine.WorkFolder);
bool all = args[0] == "all";

// Those that confine the process to one processor come last.
if (all || args[0] == "publish") await new PublishBench(Size(0, 20_000)).RunAsync(Console.Out);
if (all || args[0] == "start") await new StartBench(Size(0, 100_000), Size(1, 500_000)).RunAsync(Console.Out);
if (all || args[0] == "feed") await new FeedBench(Size(0, 20_000)).RunAsync(Console.Out);
if (all || args[0] == "names") new NamesBench(Size(0, 1_000), Size(1, 10_000)).Run(Console.Out);
if (all || args[0] == "voprf") VoprfBench.Run(Console.Out);
if (all || args[0] == "screening")
{
    foreach (int known in sizes.Length == 0 ? [1_000_000, 10_000_000] : sizes) new ScreeningBench(known).Run(Console.Out);
    await NodeScreeningBench.RunAsync(Console.Out);
}

return 0;

int Size(int place, int otherwise) => place < sizes.Length ? sizes[place] : otherwise;
