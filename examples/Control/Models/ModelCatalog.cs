using AarenGen;

namespace Control;

/// <summary>An action on a model whose type is known only from the command line.</summary>
/// <typeparam name="TResult">The result.</typeparam>
internal interface IModelUse<out TResult>
{
    /// <summary>Runs the action.</summary>
    TResult With<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;
}

/// <summary>The model of each environment and learner.</summary>
internal static class ModelCatalog
{
    /// <summary>Runs an action on a model.</summary>
    /// <exception cref="ArgumentException">There is none for the environment.</exception>
    public static TResult Use<TResult>(string environment, Learner learner, IModelUse<TResult> use) => (environment, learner) switch
    {
        ("cartpole", Learner.Aaren) => use.With<CartPoleAaren>(),
        ("cartpole", Learner.Forgetting) => use.With<CartPoleForgetting>(),
        ("cartpole", Learner.ForgettingByChannel) => use.With<CartPoleForgettingByChannel>(),
        ("cartpole", Learner.Transformer) => use.With<CartPoleTransformer>(),
        ("cartpole", Learner.MinGru) => use.With<CartPoleMinGru>(),
        ("cartpole", Learner.MinLstm) => use.With<CartPoleMinLstm>(),
        ("cartpole", Learner.Cloning) => use.With<CartPoleCloning>(),
        ("hopper", Learner.Aaren) => use.With<HopperAaren>(),
        ("hopper", Learner.Forgetting) => use.With<HopperForgetting>(),
        ("hopper", Learner.ForgettingByChannel) => use.With<HopperForgettingByChannel>(),
        ("hopper", Learner.Transformer) => use.With<HopperTransformer>(),
        ("hopper", Learner.MinGru) => use.With<HopperMinGru>(),
        ("hopper", Learner.MinLstm) => use.With<HopperMinLstm>(),
        ("hopper", Learner.Cloning) => use.With<HopperCloning>(),
        ("halfcheetah", Learner.Aaren) => use.With<HalfCheetahAaren>(),
        ("halfcheetah", Learner.Forgetting) => use.With<HalfCheetahForgetting>(),
        ("halfcheetah", Learner.ForgettingByChannel) => use.With<HalfCheetahForgettingByChannel>(),
        ("halfcheetah", Learner.Transformer) => use.With<HalfCheetahTransformer>(),
        ("halfcheetah", Learner.MinGru) => use.With<HalfCheetahMinGru>(),
        ("halfcheetah", Learner.MinLstm) => use.With<HalfCheetahMinLstm>(),
        ("halfcheetah", Learner.Cloning) => use.With<HalfCheetahCloning>(),
        ("walker2d", Learner.Aaren) => use.With<Walker2dAaren>(),
        ("walker2d", Learner.Forgetting) => use.With<Walker2dForgetting>(),
        ("walker2d", Learner.ForgettingByChannel) => use.With<Walker2dForgettingByChannel>(),
        ("walker2d", Learner.Transformer) => use.With<Walker2dTransformer>(),
        ("walker2d", Learner.MinGru) => use.With<Walker2dMinGru>(),
        ("walker2d", Learner.MinLstm) => use.With<Walker2dMinLstm>(),
        ("walker2d", Learner.Cloning) => use.With<Walker2dCloning>(),
        ("ant", Learner.Aaren) => use.With<AntAaren>(),
        ("ant", Learner.Forgetting) => use.With<AntForgetting>(),
        ("ant", Learner.ForgettingByChannel) => use.With<AntForgettingByChannel>(),
        ("ant", Learner.Transformer) => use.With<AntTransformer>(),
        ("ant", Learner.MinGru) => use.With<AntMinGru>(),
        ("ant", Learner.MinLstm) => use.With<AntMinLstm>(),
        ("ant", Learner.Cloning) => use.With<AntCloning>(),
        _ => throw new ArgumentException(
            $"No model of {learner} is declared for the environment '{environment}': add one to Models and to {nameof(ModelCatalog)}."),
    };
}
