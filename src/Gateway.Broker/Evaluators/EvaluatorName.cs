namespace Gateway.Broker.Evaluators;

/// <summary>An evaluator's name in the log: "broker", or [a-z0-9-] of at most 63 characters.</summary>
public sealed record EvaluatorName(string Value);
