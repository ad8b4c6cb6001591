# Only starts the engine: what is imported is compiled once a run, what is started never.
import engine
engine.main()
