using System.Globalization;
using Gateway.Benchmarks;
using Gateway.Benchmarks.Quality;
using Gateway.Benchmarks.Scale;

const string Usage = """
    usage: Gateway.Benchmarks NAME [sizes]
      publish    [records a run]                 durable publish at the broker           (20000)
      log        [entries]                       append, audit from outside, backup     (1000000)
      voprf                                      pseudonyms, server and client
      feed       [records]                       a node applies the feed                 (20000)
      screening  [known identifiers ...]         look-ups, then the node's whole path    (1000000 10000000)
      matcher    [known identifiers] [part]      the screening engine, all of it, or one of  (10000000)
                                                 exact, csv, names, latency, start, voprf
      names      [queries] [clean names]         names found through pseudonyms: quality, keys, speed   (1000 10000)
      start      [records] [known identifiers]   start-up and memory of a node           (100000 500000)
      watch      [sellers]                       alerts, account opening, past shipments (100000)
      withdrawals [withdrawals] [nodes] [live]   until all nodes have acknowledged; the live digest   (1000 5 1000000)
      scale      [followers] [backlog]           a broker with many members: lateness, memory, a new node  (200 1000000)
      return     [nodes]                         a broker is killed and comes back: until its nodes follow again   (50)
      learn                                      counts the scoring's weights and writes them
      persons                                    FEBRL 4 through the pseudonyms
      calibration                                whether a score is a probability
      all                                        all of these but learn
    Stores are put under /var/tmp, or under GATEWAY_BENCH_FOLDER; the broker's of publish into an empty PostgreSQL
    database where GATEWAY_BENCH_STORE names one ("Host=…;Database=…;Username=…").
    """;

if (args is ["start-node", string folder, string store])
{
    await StartBench.StartNodeAsync(folder, store, Console.Out);
    return 0;
}

if (args is ["start-broker", string brokerFolder])
{
    await BrokerProcess.ServeAsync(brokerFolder);
    return 0;
}

if (args is ["stream-manifest", string nodeFolder, string manifest])
{
    await LatencyBench.StreamAsync(nodeFolder, manifest, Console.Out);
    return 0;
}

if (args is ["matcher", ..])
{
    string part = args.Skip(1).FirstOrDefault(arg => !int.TryParse(arg, CultureInfo.InvariantCulture, out _)) ?? "";
    int known = args.Skip(1).Select(arg => int.TryParse(arg, CultureInfo.InvariantCulture, out int number) ? number : 0).FirstOrDefault(number => number > 0);
    Machine.Describe(Console.Out, Machine.WorkFolder);
    return await new MatcherBench(known == 0 ? 10_000_000 : known).RunAsync(part, Console.Out) ? 0 : 2;
}

int[] sizes = [.. args.Skip(1).Select(size => int.TryParse(size, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : 0)];
if (args.Length == 0 || sizes.Contains(0) || args[0] is not ("publish" or "log" or "voprf" or "feed" or "screening" or "start" or "watch" or "withdrawals" or "scale" or "return" or "names" or "learn" or "persons" or "calibration" or "all"))
{
    Console.Error.WriteLine(Usage);
    return 2;
}

Machine.Describe(Console.Out, Machine.WorkFolder);
bool all = args[0] == "all";

if (args[0] == "learn") LearnBench.Run(Console.Out);
if (all || args[0] == "persons") PersonsBench.Run(Console.Out);
if (all || args[0] == "calibration") CalibrationBench.Run(Console.Out);

// Those that confine the process to one processor come last.
if (all || args[0] == "publish") await new PublishBench(Size(0, 20_000)).RunAsync(Console.Out);
if (all || args[0] == "log") await new LogBench(Size(0, 1_000_000)).RunAsync(Console.Out);
if (all || args[0] == "start") await new StartBench(Size(0, 100_000), Size(1, 500_000)).RunAsync(Console.Out);
if (all || args[0] == "feed") await new FeedBench(Size(0, 20_000)).RunAsync(Console.Out);
if (all || args[0] == "watch") await new WatchBench(Size(0, 100_000)).RunAsync(Console.Out);
if (all || args[0] == "withdrawals") await new WithdrawalsBench(Size(0, 1_000), Size(1, 5), Size(2, 1_000_000)).RunAsync(Console.Out);
if (all || args[0] == "scale") await new ScaleBench(Size(0, 200), Size(1, 1_000_000)).RunAsync(Console.Out);
if (all || args[0] == "return") await new ReturnBench(Size(0, 50)).RunAsync(Console.Out);
if (all || args[0] == "names") new NamesBench(Size(0, 1_000), Size(1, 10_000)).Run(Console.Out);
if (all || args[0] == "voprf") VoprfBench.Run(Console.Out);
if (all || args[0] == "screening")
{
    foreach (int known in sizes.Length == 0 ? [1_000_000, 10_000_000] : sizes) new ScreeningBench(known).Run(Console.Out);
    await NodeScreeningBench.RunAsync(Console.Out);
}

return 0;

int Size(int place, int otherwise) => place < sizes.Length ? sizes[place] : otherwise;
