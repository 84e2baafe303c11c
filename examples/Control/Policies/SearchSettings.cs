namespace Control;

/// <summary>Settings of augmented random search.</summary>
/// <param name="StepSize">Size of a step; the paper's alpha.</param>
/// <param name="Deviation">Standard deviation of the noise on the weights; the paper's nu.</param>
/// <param name="Directions">Directions per iteration, each tried forwards and backwards; the paper's N.</param>
/// <param name="TopDirections">Number of best directions, which make the step; the paper's b.</param>
/// <param name="SurvivalBonus">Subtracted from each step's reward, so that standing still gains nothing.</param>
/// <param name="Iterations">Number of iterations.</param>
/// <param name="IterationsPerEvaluation">Number of iterations between evaluations of the policy.</param>
internal sealed record SearchSettings(
    double StepSize, double Deviation, int Directions, int TopDirections, double SurvivalBonus, int Iterations, int IterationsPerEvaluation)
{
    /// <summary>Suitable settings for an environment.</summary>
    /// <remarks>Source for those of MuJoCo: Mania, Guy, Recht, arXiv 1803.07055, appendix, version V2-t; iterations are our own.</remarks>
    public static SearchSettings For(string environment) => environment switch
    {
        "halfcheetah" => new(0.02, 0.03, Directions: 32, TopDirections: 4, SurvivalBonus: 0, Iterations: 150, IterationsPerEvaluation: 5),
        "hopper" => new(0.01, 0.025, Directions: 8, TopDirections: 4, SurvivalBonus: 1, Iterations: 250, IterationsPerEvaluation: 10),
        "walker2d" => new(0.03, 0.025, Directions: 40, TopDirections: 30, SurvivalBonus: 1, Iterations: 300, IterationsPerEvaluation: 5),
        "ant" => new(0.015, 0.025, Directions: 60, TopDirections: 20, SurvivalBonus: 1, Iterations: 150, IterationsPerEvaluation: 5),
        _ => new(0.005, 0.03, Directions: 8, TopDirections: 4, SurvivalBonus: 0, Iterations: 40, IterationsPerEvaluation: 1),
    };
}
