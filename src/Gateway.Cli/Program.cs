using Gateway.Cli;
using Gateway.Cli.Demo;

ParentWatch.StartIfAsked();
return await GatewayCommand.RunAsync(args, Surroundings.OfProcess(), CancellationToken.None);
