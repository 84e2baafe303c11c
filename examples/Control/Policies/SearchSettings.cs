namespace Control;

/// <summary>How augmented random search goes.</summary>
/// <param name="StepSize">How far a step goes; the paper's alpha.</param>
/// <param name="Deviation">Of the noise on the weights; the paper's nu.</param>
/// <param name="Directions">Tried in an iteration, each forth and back; the paper's N.</param>
/// <param name="TopDirections">The best of them, which make the step; the paper's b.</param>
/// <param name="SurvivalBonus">Taken off each step's reward, so that standing still is no gain.</param>
/// <param name="Iterations">How many.</param>
/// <param name="IterationsPerEvaluation">After how many the policy is evaluated.</param>
internal sealed record SearchSettings(
    double StepSize, double Deviation, int Directions, int TopDirections, double SurvivalBonus, int Iterations, int IterationsPerEvaluation)
{
    /// <summary>What suits an environment.</summary>
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
