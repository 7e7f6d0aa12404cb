namespace Gateway.Storage.Broker;

/// <summary>An evaluator under an operator of its own that the broker has admitted.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Where nodes reach it.</param>
/// <param name="BoxKey">X25519, 32 bytes: what its shares are sealed to.</param>
/// <param name="AdmittedBy">The operator who admitted it.</param>
/// <param name="AdmittedAt">When.</param>
public sealed record StoredEvaluator(string Name, string Address, byte[] BoxKey, string AdmittedBy, DateTimeOffset AdmittedAt);

/// <summary>A share that waits for its evaluator.</summary>
/// <param name="Evaluator">Name of the evaluator.</param>
/// <param name="Offer">The ShareOffer as it is given out.</param>
/// <param name="MadeAt">When it was made.</param>
public sealed record StoredShareOffer(string Evaluator, byte[] Offer, DateTimeOffset MadeAt);
