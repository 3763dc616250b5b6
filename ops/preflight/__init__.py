"""Whether a first deployment can succeed: asked of everybody whom it takes, before anything is made."""
