NextEvent model = NextEvent.Create(1);
StreamState<NextEvent> state = model.CreateState();
float logWait = 0, time = 0, kind = 0;
var output = new float[NextEvent.OutputWidth];
// The block.
